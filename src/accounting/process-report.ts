// SPDX-License-Identifier: MIT
/** What memory a process holds, by kind of region, and how much of it is merged. */
import type { MergeHost, ProcessMergeState } from '../backends/backend.js';
import type { MemoryUsage, SmapsMapping } from '../proc/mapping.js';
import { readMemoryUsage, sumUsage, uniqueBytes } from '../proc/memory-usage.js';
import { readSmaps } from '../proc/smaps.js';
import { readStatus } from '../proc/status.js';
import type { HostRoots, ReadFailure, Reading } from '../proc/reading.js';
import { classify, regionKinds, type RegionKind } from '../regions/classify.js';

/** One mapping. Sizes in bytes. */
export interface RegionReport {
  readonly start: bigint;
  readonly end: bigint;
  readonly kind: RegionKind;
  readonly path: string;
  readonly sizeBytes: number;
  readonly usage: MemoryUsage;
  /** The kernel may merge it (VmFlags `mg`). */
  readonly advised: boolean;
}

/** All mappings of one kind. Sizes in bytes. */
export interface KindReport {
  readonly kind: RegionKind;
  readonly regions: number;
  readonly sizeBytes: number;
  readonly rssBytes: number;
  readonly pssBytes: number;
  readonly ussBytes: number;
  /** RSS of advised regions. */
  readonly advisedBytes: number;
  /** Absent where smaps has no KSM line (before kernel 6.12). */
  readonly mergedBytes?: number;
}

export interface ProcessReport {
  readonly pid: number;
  readonly name: string;
  readonly rssBytes: number;
  readonly pssBytes: number;
  readonly ussBytes: number;
  readonly swapBytes: number;
  readonly advisedBytes: number;
  /** What the backend counts for this process; undefined where it does not tell. */
  readonly merge: ProcessMergeState | undefined;
  readonly kinds: readonly KindReport[];
  readonly regions: readonly RegionReport[];
}

/**
 * Reads a process whole. Reading smaps holds the target's mmap lock, about 4 ms per GiB of it, and
 * is done twice: the totals come from smaps_rollup, which rounds once and not at each mapping.
 * Fails as a value if the process is gone or may not be read.
 */
export async function reportProcess(
  roots: HostRoots,
  host: MergeHost,
  pid: number,
): Promise<Reading<ProcessReport>> {
  const status = await readStatus(roots, pid);
  if (status.kind !== 'value') return status;
  const smaps = await readSmaps(roots, pid);
  if (smaps.kind !== 'value') return smaps;
  const total = await readMemoryUsage(roots, pid);
  if (total.kind !== 'value') return total;
  const merge = await host.readProcess(pid);
  const regions = smaps.value.map(describeRegion);
  const usage = total.value;
  return {
    kind: 'value',
    value: {
      pid,
      name: status.value.name,
      rssBytes: usage.rssBytes,
      pssBytes: usage.pssBytes,
      ussBytes: uniqueBytes(usage),
      swapBytes: usage.swapBytes ?? 0,
      advisedBytes: advisedBytes(regions),
      merge: merge.kind === 'value' ? merge.value : undefined,
      kinds: regionKinds.flatMap((kind) => sumKind(kind, regions)),
      regions,
    },
  };
}

/** Why a report failed, for people. */
export function explainFailure(pid: number, failure: ReadFailure): string {
  switch (failure.kind) {
    case 'gone':
      return `no process ${pid}`;
    case 'denied':
      return (
        `not allowed to read the memory of process ${pid}: it belongs to another user; ` +
        `run as root, or with CAP_SYS_PTRACE`
      );
    case 'absent':
      return `${failure.path} does not exist: this kernel has no smaps (CONFIG_PROC_PAGE_MONITOR)`;
    case 'invalid':
      return `cannot make sense of ${failure.path}: ${failure.message}`;
  }
}

function describeRegion(mapping: SmapsMapping): RegionReport {
  return {
    start: mapping.start,
    end: mapping.end,
    kind: classify(mapping),
    path: mapping.path,
    sizeBytes: Number(mapping.end - mapping.start),
    usage: mapping.usage,
    advised: mapping.vmFlags.includes('mg'),
  };
}

function advisedBytes(regions: readonly RegionReport[]): number {
  return regions.reduce((sum, region) => sum + (region.advised ? region.usage.rssBytes : 0), 0);
}

/** A list of one, or of none if the process has no such region. */
function sumKind(kind: RegionKind, regions: readonly RegionReport[]): readonly KindReport[] {
  const ofKind = regions.filter((region) => region.kind === kind);
  if (ofKind.length === 0) return [];
  const usage = sumUsage(ofKind.map((region) => region.usage));
  return [
    {
      kind,
      regions: ofKind.length,
      sizeBytes: ofKind.reduce((sum, region) => sum + region.sizeBytes, 0),
      rssBytes: usage.rssBytes,
      pssBytes: usage.pssBytes,
      ussBytes: uniqueBytes(usage),
      advisedBytes: advisedBytes(ofKind),
      ...(usage.ksmBytes === undefined ? {} : { mergedBytes: usage.ksmBytes }),
    },
  ];
}
