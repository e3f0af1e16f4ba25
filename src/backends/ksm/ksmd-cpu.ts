// SPDX-License-Identifier: MIT
/** CPU time of the kernel thread ksmd. */
import { findKernelThread } from '../../proc/processes.js';
import { readSchedstat } from '../../proc/schedstat.js';
import { readStat } from '../../proc/stat.js';
import type { HostRoots } from '../../proc/reading.js';

/** USER_HZ: the unit of times in /proc/PID/stat is 1/100 s on every Linux port Node runs on. */
const ticksPerSecond = 100;

export interface KsmdCpu {
  /**
   * CPU seconds ksmd has used since boot, or undefined where it is not to be seen (from inside a
   * pid namespace). To the nanosecond where the kernel has schedstat, else to 10 ms.
   */
  seconds(): Promise<number | undefined>;
}

export function createKsmdCpu(roots: HostRoots): KsmdCpu {
  // Kernel threads live as long as the kernel does, so the search is done once.
  let search: Promise<number | undefined> | undefined;
  return {
    async seconds() {
      search ??= findKernelThread(roots, 'ksmd');
      const pid = await search;
      if (pid === undefined) return undefined;
      const precise = await readSchedstat(roots, pid);
      if (precise.kind === 'value' && precise.value.cpuNanoseconds > 0n) {
        return Number(precise.value.cpuNanoseconds) / 1e9;
      }
      const stat = await readStat(roots, pid);
      if (stat.kind !== 'value') return undefined;
      return (stat.value.userTicks + stat.value.systemTicks) / ticksPerSecond;
    },
  };
}
