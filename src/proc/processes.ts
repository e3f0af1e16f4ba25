// SPDX-License-Identifier: MIT
/** Which processes there are. */
import { readNames } from './files.js';
import type { HostRoots, Reading } from './reading.js';
import { readStat } from './stat.js';

const pidPattern = /^[1-9][0-9]{0,9}$/;

/** Ids of all processes that the proc mount shows, ascending. Any of them may be gone by now. */
export async function listPids(roots: HostRoots): Promise<Reading<readonly number[]>> {
  const names = await readNames(roots.proc);
  if (names.kind !== 'value') return names;
  const pids = names.value.filter((name) => pidPattern.test(name)).map(Number);
  return { kind: 'value', value: pids.sort((left, right) => left - right) };
}

/**
 * The kernel thread of a name, such as `ksmd`. The kernel marks its threads, so a program of the same
 * name is not mistaken for one. Stops at the first: they start at boot and have low ids. `undefined`
 * if there is none, or the proc mount shows a pid namespace without kernel threads.
 */
export async function findKernelThread(
  roots: HostRoots,
  name: string,
): Promise<number | undefined> {
  const pids = await listPids(roots);
  if (pids.kind !== 'value') return undefined;
  for (const pid of pids.value) {
    const stat = await readStat(roots, pid);
    if (stat.kind === 'value' && stat.value.kernelThread && stat.value.comm === name) return pid;
  }
  return undefined;
}
