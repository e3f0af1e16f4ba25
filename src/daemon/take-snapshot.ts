// SPDX-License-Identifier: MIT
/** Turns the state of the sampler into a snapshot that nobody changes any more. */
import {
  mergeStateOf,
  mergeStates,
  savingShare,
  totalsByFunction,
  type SavingShare,
} from '../accounting/function-totals.js';
import type { ObservedProcess, Snapshot, UnreadableReason } from '../accounting/snapshot.js';
import type { FunctionProcess } from './process-table.js';

export type SnapshotParts = Pick<
  Snapshot,
  'startedAt' | 'finishedAt' | 'durationSeconds' | 'listing' | 'host' | 'deferred'
> & {
  readonly processes: readonly FunctionProcess[];
  /** Instances that ended while they were read in this round; they are not in `processes`. */
  readonly gone: number;
};

export function takeSnapshot(parts: SnapshotParts): Snapshot {
  const { processes, gone, ...rest } = parts;
  const host = parts.host.kind === 'value' ? parts.host.value : undefined;
  const share = savingShare(host, mergeStates(processes));
  const sampleTimes = processes.flatMap(({ sampledAt }) => sampledAt ?? []);
  return {
    ...rest,
    processes: processes.map((process) => observe(process, share)),
    functions: totalsByFunction(processes, share),
    unreadable: countReasons(processes, gone),
    oldestSampledAt: sampleTimes.length === 0 ? undefined : Math.min(...sampleTimes),
  };
}

function observe(process: FunctionProcess, share: SavingShare | undefined): ObservedProcess {
  const { facts, sample, sampledAt, unreadable } = process;
  const state = mergeStateOf(sample);
  return {
    facts,
    function: process.function,
    ...(sample !== undefined && { sample }),
    ...(sampledAt !== undefined && { sampledAt }),
    ...(share !== undefined && state !== undefined && { savedBytes: share(state) }),
    ...(unreadable !== undefined && { unreadable }),
  };
}

function countReasons(
  processes: readonly FunctionProcess[],
  gone: number,
): Readonly<Record<UnreadableReason, number>> {
  const counts = { absent: 0, denied: 0, gone, invalid: 0, limit: 0 };
  for (const { unreadable } of processes) {
    if (unreadable !== undefined) counts[unreadable] += 1;
  }
  return counts;
}
