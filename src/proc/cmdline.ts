// SPDX-License-Identifier: MIT
/**
 * /proc/PID/cmdline: the arguments of a process, each ended by a NUL. The process can overwrite them.
 * Format: proc_pid_cmdline(5).
 */
import { readProcessPrefix } from './files.js';
import type { HostRoots, Reading } from './reading.js';

export interface CommandLine {
  /** Empty for kernel threads and zombies. */
  readonly arguments: readonly string[];
  /** There is more: the last argument may be cut, even within a character. */
  readonly truncated: boolean;
}

/** Arguments may take megabytes, and the process decides: this is all we read of them. */
const maximumBytes = 64 * 1024;

/**
 * Splits the file into arguments. Empty arguments at the end are left out: a process that writes a
 * title over its arguments pads the rest with NULs.
 */
export function parseCmdline(text: string): readonly string[] {
  const all = text.split('\0');
  const last = all.findLastIndex((argument) => argument !== '');
  return all.slice(0, last + 1);
}

/** Reads the first 64 KiB of the arguments of a process. */
export async function readCmdline(roots: HostRoots, pid: number): Promise<Reading<CommandLine>> {
  const prefix = await readProcessPrefix(roots, pid, 'cmdline', maximumBytes);
  if (prefix.kind !== 'value') return prefix;
  const { text, truncated } = prefix.value;
  return { kind: 'value', value: { arguments: parseCmdline(text), truncated } };
}
