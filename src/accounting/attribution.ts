// SPDX-License-Identifier: MIT
/**
 * The seam between processes and functions. Whatever decides which function a process belongs to
 * (a rule, container labels, an orchestrator's API) implements {@link Attributor}, on the host side.
 * A rule on the command line or task name believes the process, which chooses both; one on the cgroup
 * believes whoever placed the process there.
 */

/** A process, safe against reuse of its pid. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Field 22 of /proc/PID/stat: clock ticks after boot. */
  readonly startTimeTicks: bigint;
}

/** What an attributor may look at. All of it is read by the host from /proc. */
export interface ProcessFacts extends ProcessIdentity {
  /** Real uid in the host's user namespace. */
  readonly uid: number;
  /** Task name, at most 15 bytes. */
  readonly comm: string;
  readonly arguments: readonly string[];
  /** Path of the memory controller's cgroup (v1), else of the v2 cgroup; absent if unreadable. */
  readonly cgroupPath?: string;
}

export interface FunctionIdentity {
  /** Tenant or namespace of the function; `default` where there is no such notion. */
  readonly namespace: string;
  readonly function: string;
}

export interface Attributor {
  /** The function a process belongs to, or undefined if it is none of ours. */
  attribute(
    process: ProcessFacts,
  ): Promise<FunctionIdentity | undefined> | FunctionIdentity | undefined;
}
