// SPDX-License-Identifier: MIT
/** What one round of sampling found. Immutable: readers keep it as long as they like. */
import type { HostMergeCounters } from '../backends/backend.js';
import type { ReadFailure, Reading } from '../proc/reading.js';
import type { FunctionIdentity, ProcessFacts } from './attribution.js';
import type { FunctionTotals } from './function-totals.js';
import type { ProcessSample } from './process-sample.js';

/** Why the memory of an instance is not in the sums: a failed read, or more instances than allowed. */
export type UnreadableReason = ReadFailure['kind'] | 'limit';

export const unreadableReasons: readonly UnreadableReason[] = [
  'absent',
  'denied',
  'gone',
  'invalid',
  'limit',
];

/** One instance of a function. */
export interface ObservedProcess {
  readonly facts: ProcessFacts;
  readonly function: FunctionIdentity;
  /** Absent until the first successful read. May be older than the snapshot: see `sampledAt`. */
  readonly sample?: ProcessSample;
  /** When the sample was taken, milliseconds since the epoch. */
  readonly sampledAt?: number;
  /** Share of the host's saving, bytes; see function-totals.ts. */
  readonly savedBytes?: number;
  /** The last attempt to read it failed for this reason. */
  readonly unreadable?: UnreadableReason;
}

export interface Snapshot {
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly finishedAt: number;
  /** How long the round took, pauses to keep within the budget included. */
  readonly durationSeconds: number;
  /** Whether the list of processes could be read. */
  readonly listing: { readonly kind: 'value' } | ReadFailure;
  readonly processes: readonly ObservedProcess[];
  readonly functions: readonly FunctionTotals[];
  readonly host: Reading<HostMergeCounters>;
  /** Instances whose memory is unknown, or was last read in an earlier round, by cause. */
  readonly unreadable: Readonly<Record<UnreadableReason, number>>;
  /** Instances that were due and did not get their turn within the CPU budget. */
  readonly deferred: number;
  /** Time of the oldest sample in the sums; undefined if there is none. */
  readonly oldestSampledAt: number | undefined;
}
