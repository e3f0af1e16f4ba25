// SPDX-License-Identifier: MIT
/**
 * /proc/PID/schedstat: processor time of the main thread of a process, in nanoseconds.
 * Format: Documentation/scheduler/sched-stats.rst; absent without CONFIG_SCHED_INFO.
 */
import { parseBigCount } from './fields.js';
import { parseReading, processPath, readProcessFile } from './files.js';
import type { HostRoots, Reading } from './reading.js';

export interface ProcessSchedstat {
  /** Time on a processor, nanoseconds. */
  readonly cpuNanoseconds: bigint;
  /** Time ready to run but waiting for a processor, nanoseconds. */
  readonly waitNanoseconds: bigint;
  /** How many times it was put on a processor. */
  readonly timeslices: bigint;
}

/**
 * Parses the line; `undefined` if it is malformed. Three zeros are a value, also where they come from
 * a kernel that was told at boot to keep no statistics.
 */
export function parseSchedstat(text: string): ProcessSchedstat | undefined {
  const [first, second, third, ...rest] = text.trimEnd().split(' ');
  const cpuNanoseconds = parseBigCount(first);
  const waitNanoseconds = parseBigCount(second);
  const timeslices = parseBigCount(third);
  return cpuNanoseconds === undefined ||
    waitNanoseconds === undefined ||
    timeslices === undefined ||
    rest.length > 0
    ? undefined
    : { cpuNanoseconds, waitNanoseconds, timeslices };
}

/** Reads the times of the main thread; for a kernel thread such as ksmd that is all there is. */
export async function readSchedstat(
  roots: HostRoots,
  pid: number,
): Promise<Reading<ProcessSchedstat>> {
  const text = await readProcessFile(roots, pid, 'schedstat');
  return parseReading(text, processPath(roots, pid, 'schedstat'), parseSchedstat, 'three numbers');
}
