// SPDX-License-Identifier: MIT
/** Reads what an attributor may look at. */
import type { ProcessFacts } from '../accounting/attribution.js';
import { accountingPath, readCgroup } from '../proc/cgroup.js';
import { readCmdline } from '../proc/cmdline.js';
import type { HostRoots, Reading } from '../proc/reading.js';
import type { ProcessStat } from '../proc/stat.js';
import { readStatus } from '../proc/status.js';

/**
 * Facts of the process whose stat was just read. The pid may have been given away since: the caller
 * must not trust them for longer than the start time in `stat` is found unchanged.
 * A cgroup that cannot be read is left out; for the rest a failure is a failure.
 */
export async function readFacts(
  roots: HostRoots,
  stat: ProcessStat,
): Promise<Reading<ProcessFacts>> {
  const status = await readStatus(roots, stat.pid);
  if (status.kind !== 'value') return status;
  const commandLine = await readCmdline(roots, stat.pid);
  if (commandLine.kind !== 'value') return commandLine;
  const cgroupPath = await readCgroupPath(roots, stat.pid);
  return {
    kind: 'value',
    value: {
      pid: stat.pid,
      startTimeTicks: stat.startTimeTicks,
      uid: status.value.uid.real,
      comm: stat.comm,
      arguments: commandLine.value.arguments,
      ...(cgroupPath !== undefined && { cgroupPath }),
    },
  };
}

/** A process that can be attributed: no kernel thread, and not dead with its entry left behind. */
export function hasMemory(stat: ProcessStat): boolean {
  return !stat.kernelThread && stat.state !== 'Z' && stat.state !== 'X';
}

async function readCgroupPath(roots: HostRoots, pid: number): Promise<string | undefined> {
  const cgroup = await readCgroup(roots, pid);
  return cgroup.kind === 'value' ? accountingPath(cgroup.value) : undefined;
}
