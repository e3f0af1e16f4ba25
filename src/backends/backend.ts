// SPDX-License-Identifier: MIT
/**
 * What a way of merging memory looks like from above: to the process that advises its own memory
 * ({@link Backend}), and to the host that counts what came of it ({@link MergeHost}).
 */
import type { AddressRange } from '../regions/range.js';
import type { Reading } from '../proc/reading.js';

/** Best first; `none` means no kernel help. */
export type BackendName = 'upm' | 'ksm' | 'none';

export interface BackendCapabilities {
  /** Pages are merged when `advise` resolves; otherwise the kernel merges them later. */
  readonly synchronous: boolean;
  /** Merging can be confined to sharing domains; otherwise the whole node is one. */
  readonly domains: boolean;
  /** Memory of other processes can be advised. */
  readonly remote: boolean;
  /** A launched command can be opted in as a whole, without a hook inside it. */
  readonly wholeProcess: boolean;
  /** Advice can be taken back; merged pages become private again. */
  readonly unadvise: boolean;
}

/** One range that the kernel did not take. */
export interface RefusedRange {
  readonly range: AddressRange;
  /** Symbolic errno. */
  readonly code: string;
  /** Cause and remedy, for people. */
  readonly message: string;
}

export interface AdviseOutcome {
  readonly advisedRanges: number;
  readonly advisedBytes: number;
  readonly refused: readonly RefusedRange[];
}

/** Advises memory of this process. */
export interface Backend {
  readonly name: BackendName;
  readonly capabilities: BackendCapabilities;
  /** @param ranges page aligned (see alignInward). Never rejects for a range the kernel refuses. */
  advise(ranges: readonly AddressRange[]): Promise<AdviseOutcome>;
  unadvise(ranges: readonly AddressRange[]): Promise<AdviseOutcome>;
}

/** What the kernel counts for the whole host. All sizes in bytes. */
export interface HostMergeCounters {
  /** Frames kept: each stands for two or more equal pages. */
  readonly sharedBytes: number;
  /** References beyond the first of each frame, and pages replaced by the zero page: memory not used. */
  readonly savedBytes: number;
  /** Part of `savedBytes`: pages replaced by the zero page; absent where the kernel does not tell. */
  readonly zeroBytes?: number;
  /** What would be needed at once if every sharer wrote to its pages. */
  readonly unmergeNeedBytes: number;
  /** The kernel's own records of merged and candidate pages; absent where the kernel does not tell. */
  readonly metadataBytes?: number;
  /** Pages looked at since boot; absent where the kernel does not count them. */
  readonly pagesExamined?: number;
  /** Merged pages a write made private again since boot; absent where the kernel does not count them. */
  readonly pagesUnmergedByWrite?: number;
}

/** What the kernel counts for one process. All sizes in bytes. */
export interface ProcessMergeState {
  /** Some memory of the process is open to merging; undefined where the kernel does not tell. */
  readonly optedIn: boolean | undefined;
  /** Pages of the process that are mapped to a merged frame (its RSS does not change by that). */
  readonly mergedBytes: number;
  /** Pages replaced by the kernel's zero page. */
  readonly zeroBytes: number;
  /** Pages the kernel keeps a record of: candidates and merged ones. */
  readonly trackedBytes: number;
}

/** Reads what merging did on this host. Stateless: each call reads the kernel anew. */
export interface MergeHost {
  readonly name: BackendName;
  readHost(): Promise<Reading<HostMergeCounters>>;
  readProcess(pid: number): Promise<Reading<ProcessMergeState>>;
}
