// SPDX-License-Identifier: MIT
/** Arithmetic on memory numbers, and the one way to get those of a process on any kernel. */
import type { MemoryUsage } from './mapping.js';
import type { HostRoots, Reading } from './reading.js';
import { readSmapsRollup } from './smaps-rollup.js';
import { readSmaps } from './smaps.js';
import { usageKeys, type UsageDraft } from './usage-fields.js';

/**
 * Adds usages up, field by field, in bytes. A field that is optional is in the sum only if every
 * summand has it: a sum over some of the summands would look like one over all.
 *
 * Across processes only the proportional fields (PSS, SwapPss) and the private ones add up to memory
 * in use; RSS and the shared fields count a shared page once for each process.
 */
export function sumUsage(usages: Iterable<MemoryUsage>): MemoryUsage {
  let sum: MemoryUsage | undefined;
  for (const usage of usages) sum = sum === undefined ? usage : added(sum, usage);
  return sum ?? noUsage;
}

/**
 * Unique set size, in bytes: what would be freed if the process ended now. As smem defines it:
 * Private_Clean + Private_Dirty. Pages of hugetlbfs are not part of it, as they are not part of RSS.
 */
export function uniqueBytes(usage: MemoryUsage): number {
  return usage.privateCleanBytes + usage.privateDirtyBytes;
}

/**
 * Reads the memory numbers of a process: smaps_rollup, or the sum of smaps where the kernel (before
 * 4.14) has no smaps_rollup. The sum comes out up to 1 KiB a mapping too low in PSS, because the
 * kernel rounds each mapping down. Failures: see {@link readSmapsRollup}.
 */
export async function readMemoryUsage(
  roots: HostRoots,
  pid: number,
): Promise<Reading<MemoryUsage>> {
  const rollup = await readSmapsRollup(roots, pid);
  if (rollup.kind !== 'absent') return rollup;
  const smaps = await readSmaps(roots, pid);
  if (smaps.kind !== 'value') return smaps;
  return { kind: 'value', value: sumUsage(smaps.value.map((mapping) => mapping.usage)) };
}

const noUsage: MemoryUsage = {
  rssBytes: 0,
  pssBytes: 0,
  sharedCleanBytes: 0,
  sharedDirtyBytes: 0,
  privateCleanBytes: 0,
  privateDirtyBytes: 0,
};

function added(left: MemoryUsage, right: MemoryUsage): MemoryUsage {
  const sum: UsageDraft = {};
  for (const key of usageKeys) {
    const first = left[key];
    const second = right[key];
    if (first !== undefined && second !== undefined) sum[key] = first + second;
  }
  return { ...noUsage, ...sum };
}
