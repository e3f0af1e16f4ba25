// SPDX-License-Identifier: MIT
/** Reads the memory of the fleet from /proc, independently of upmd. */
import { measurePotential } from '../src/accounting/potential.js';
import { readMemoryUsage, uniqueBytes } from '../src/proc/memory-usage.js';
import { hostRoots } from '../src/proc/reading.js';
import type { MergeHost } from '../src/backends/backend.js';

/** Bytes. */
export interface Memory {
  readonly rssBytes: number;
  readonly pssBytes: number;
  readonly ussBytes: number;
  /** Pages mapped to a merged frame, as the kernel counts them for the process. */
  readonly mergedBytes: number;
}

export interface FleetMemory extends Memory {
  /** In the order of the pids given. */
  readonly each: readonly Memory[];
}

/**
 * Memory of some processes and its sum. Only PSS and USS add up to memory in use; the sum of RSS
 * counts shared pages once for each process, and stands there to show just that.
 */
export async function measureFleet(host: MergeHost, pids: readonly number[]): Promise<FleetMemory> {
  const each: Memory[] = [];
  for (const pid of pids) each.push(await measureProcess(host, pid));
  const sum = (key: keyof Memory): number => each.reduce((total, one) => total + one[key], 0);
  return {
    rssBytes: sum('rssBytes'),
    pssBytes: sum('pssBytes'),
    ussBytes: sum('ussBytes'),
    mergedBytes: sum('mergedBytes'),
    each,
  };
}

async function measureProcess(host: MergeHost, pid: number): Promise<Memory> {
  const usage = await readMemoryUsage(hostRoots, pid);
  if (usage.kind !== 'value') throw new Error(`cannot read ${usage.path}: ${usage.message}`);
  const merge = await host.readProcess(pid);
  return {
    rssBytes: usage.value.rssBytes,
    pssBytes: usage.value.pssBytes,
    ussBytes: uniqueBytes(usage.value),
    mergedBytes: merge.kind === 'value' ? merge.value.mergedBytes + merge.value.zeroBytes : 0,
  };
}

/** Frames counted one by one, through pagemap. Bytes. */
export interface FrameCount {
  /** Private pages less the frames behind them: what sharing saves, whoever made it. */
  readonly savedBytes: number;
  /** What would be saved on top of that if all equal pages were merged. */
  readonly stillBytes: number;
}

/** Counts the frames behind the private memory of some processes; needs root. */
export async function countFrames(
  pids: readonly number[],
  pageSize: number,
): Promise<FrameCount | undefined> {
  const potential = await measurePotential(hostRoots, pids);
  if (potential.kind !== 'value') {
    throw new Error(`cannot read ${potential.path}: ${potential.message}`);
  }
  let saved = 0;
  let still = 0;
  for (const { pages, distinctFrames, distinctContents } of potential.value) {
    if (distinctFrames === undefined) return undefined;
    saved += pages - distinctFrames;
    still += distinctFrames - distinctContents;
  }
  return { savedBytes: saved * pageSize, stillBytes: still * pageSize };
}
