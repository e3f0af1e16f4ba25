// SPDX-License-Identifier: MIT
/**
 * /proc/PID/cgroup: the control group of a process in each hierarchy.
 * Format: cgroups(7), `hierarchy-ID:controller-list:cgroup-path`; printed by proc_cgroup_show() in
 * kernel/cgroup/cgroup.c. Paths are relative to the cgroup namespace of the reader, and one that lies
 * outside it begins with `/..`.
 */
import { everyLine, parseCount } from './fields.js';
import { parseReading, processPath, readProcessFile } from './files.js';
import type { HostRoots, Reading } from './reading.js';

/** Membership in one version 1 hierarchy. */
export interface CgroupV1Membership {
  readonly hierarchy: number;
  /** Controllers, such as `memory`; `name=systemd` for a named hierarchy without any. */
  readonly controllers: readonly string[];
  readonly path: string;
}

export interface CgroupMembership {
  /** Path in the version 2 hierarchy, if it is mounted. On a hybrid host often just `/`. */
  readonly v2Path?: string;
  readonly v1: readonly CgroupV1Membership[];
}

/**
 * Parses the file; `undefined` if a line is malformed. The path is all after the second colon: it may
 * hold colons itself, and ` (deleted)` at its end is kept. The kernel allows no newline in it.
 */
export function parseCgroup(text: string): CgroupMembership | undefined {
  const v1: CgroupV1Membership[] = [];
  let v2Path: string | undefined;
  const complete = everyLine(text, (line) => {
    const membership = parseLine(line);
    if (membership === undefined) return false;
    if (membership.hierarchy === 0 && membership.controllers.length === 0) v2Path = membership.path;
    else v1.push(membership);
    return true;
  });
  if (!complete) return undefined;
  return v2Path === undefined ? { v1 } : { v2Path, v1 };
}

/** Reads the control groups of a process. */
export async function readCgroup(
  roots: HostRoots,
  pid: number,
): Promise<Reading<CgroupMembership>> {
  const text = await readProcessFile(roots, pid, 'cgroup');
  return parseReading(text, processPath(roots, pid, 'cgroup'), parseCgroup, 'lines of cgroups');
}

/**
 * The path that tells which container a process belongs to: that of the version 1 memory controller
 * if there is one (a hybrid host has `0::/` as well), else the version 2 path, else systemd's own
 * hierarchy. `undefined` if the process is in none of them.
 */
export function accountingPath(membership: CgroupMembership): string | undefined {
  return v1Path(membership, 'memory') ?? membership.v2Path ?? v1Path(membership, 'name=systemd');
}

function v1Path(membership: CgroupMembership, controller: string): string | undefined {
  return membership.v1.find(({ controllers }) => controllers.includes(controller))?.path;
}

function parseLine(line: string): CgroupV1Membership | undefined {
  const first = line.indexOf(':');
  const second = line.indexOf(':', first + 1);
  if (first < 1 || second < 0) return undefined;
  const hierarchy = parseCount(line.slice(0, first));
  const names = line.slice(first + 1, second);
  const path = line.slice(second + 1);
  if (hierarchy === undefined || !path.startsWith('/')) return undefined;
  return { hierarchy, controllers: names === '' ? [] : names.split(','), path };
}
