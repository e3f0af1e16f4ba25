// SPDX-License-Identifier: MIT
/** Memory numbers of one process at one time, proven to be of that process. */
import type { MergeHost, ProcessMergeState } from '../backends/backend.js';
import type { MemoryUsage, SmapsMapping } from '../proc/mapping.js';
import { readMemoryUsage, sumUsage, uniqueBytes } from '../proc/memory-usage.js';
import type { HostRoots, ReadFailure, Reading } from '../proc/reading.js';
import { readSmaps } from '../proc/smaps.js';
import type { ProcessIdentity } from './attribution.js';
import { statNow } from './stat-now.js';

export interface ProcessSample {
  readonly usage: MemoryUsage;
  /** Unique set size, bytes: what would be freed if the process ended now. */
  readonly uniqueBytes: number;
  /** What the kernel merged of this process; a failure where it does not tell. */
  readonly merge: Reading<ProcessMergeState>;
  /**
   * Resident anonymous bytes in mappings that are open to merging; file pages in such mappings cannot
   * be merged and do not count. Undefined where we cannot tell.
   */
  readonly advisedBytes: number | undefined;
}

export interface SampleSource {
  readonly roots: HostRoots;
  readonly host: MergeHost;
}

interface Memory {
  readonly usage: MemoryUsage;
  readonly advisedBytes: number | undefined;
}

/**
 * Reads the memory of a process. The start time is checked after everything was read: if it is still
 * that of `identity`, all of it came from that process, for the pid cannot have been given away
 * and come back. Otherwise the result is `gone`.
 *
 * Costs the target its mmap lock for the time of the page table walk, about 4 ms a GiB.
 */
export async function sampleProcess(
  source: SampleSource,
  identity: ProcessIdentity,
): Promise<Reading<ProcessSample>> {
  const { roots, host } = source;
  const merge = await host.readProcess(identity.pid);
  const memory = await readMemory(roots, identity.pid, merge);
  if (memory.kind !== 'value') return memory;
  if (statNow(roots, identity.pid)?.startTimeTicks !== identity.startTimeTicks) {
    return gone(roots, identity.pid, 'the process ended while it was read');
  }
  const { usage, advisedBytes } = memory.value;
  return {
    kind: 'value',
    value: { usage, uniqueBytes: uniqueBytes(usage), merge, advisedBytes },
  };
}

/** Only smaps tells which mappings are open to merging, and it costs more: the rollup serves the rest. */
async function readMemory(
  roots: HostRoots,
  pid: number,
  merge: Reading<ProcessMergeState>,
): Promise<Reading<Memory>> {
  if (merge.kind !== 'value' || merge.value.optedIn === false) {
    const usage = await readMemoryUsage(roots, pid);
    if (usage.kind !== 'value') return usage;
    const advisedBytes = merge.kind === 'value' ? 0 : undefined;
    return { kind: 'value', value: { usage: usage.value, advisedBytes } };
  }
  const smaps = await readSmaps(roots, pid);
  if (smaps.kind !== 'value') return smaps;
  if (smaps.value.length === 0)
    return gone(roots, pid, 'the process has no address space any more');
  return {
    kind: 'value',
    value: {
      usage: sumUsage(smaps.value.map((mapping) => mapping.usage)),
      advisedBytes: advisedBytesOf(smaps.value),
    },
  };
}

/** Bytes open to merging, see {@link ProcessSample.advisedBytes}. `mg` is VM_MERGEABLE in VmFlags. */
export function advisedBytesOf(mappings: readonly SmapsMapping[]): number {
  let bytes = 0;
  for (const { usage, vmFlags } of mappings) {
    if (vmFlags.includes('mg')) bytes += usage.anonymousBytes ?? usage.rssBytes;
  }
  return bytes;
}

function gone(roots: HostRoots, pid: number, message: string): ReadFailure {
  return { kind: 'gone', path: `${roots.proc}/${pid}`, message };
}
