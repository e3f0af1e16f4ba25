// SPDX-License-Identifier: MIT
/**
 * /proc/PID/stat: one line of numbers about a process, cheap to read.
 * Format: proc_pid_stat(5) and Documentation/filesystems/proc.rst, table 1-4; printed by
 * do_task_stat() in fs/proc/array.c.
 */
import { isDigits, parseBigCount, parseCount } from './fields.js';
import { parseReading, processPath, readProcessFile } from './files.js';
import type { HostRoots, Reading } from './reading.js';

export interface ProcessStat {
  readonly pid: number;
  /**
   * Name of the program: at most 15 bytes for user processes, which can choose any bytes, spaces,
   * parentheses and newlines among them.
   */
  readonly comm: string;
  /** One letter, such as `R`, `S`, `D`, `Z` (zombie) or `I` (idle kernel thread). */
  readonly state: string;
  /** 0 if the parent is outside the pid namespace of the proc mount. */
  readonly ppid: number;
  /** Set by the kernel alone (PF_KTHREAD): no program can pretend to be one. */
  readonly kernelThread: boolean;
  /** Processor time in user mode, all threads, in clock ticks (sysconf(_SC_CLK_TCK), usually 100 Hz). */
  readonly userTicks: number;
  /** Processor time in the kernel, all threads, in clock ticks. */
  readonly systemTicks: number;
  /** When the process started, in clock ticks after boot. With the pid it names a process for good. */
  readonly startTimeTicks: bigint;
}

/** PF_KTHREAD of include/linux/sched.h; this bit since 2.6.27. */
const kernelThreadFlag = 0x0020_0000;

/** Numbers of the fields in proc_pid_stat(5), less the three that come before the array. */
const fieldIndex = { ppid: 0, flags: 5, utime: 10, stime: 11, starttime: 18 } as const;

/** Parses the line; `undefined` if it is malformed. The name ends at the last `)` of the text. */
export function parseStat(text: string): ProcessStat | undefined {
  const open = text.indexOf(' (');
  const close = text.lastIndexOf(') ');
  if (open < 1 || close < open + 2) return undefined;
  const [state, ...numbers] = text
    .slice(close + 2)
    .trimEnd()
    .split(' ', 20);
  const pid = parseCount(text.slice(0, open));
  const ppid = parseCount(numbers[fieldIndex.ppid]);
  const flags = parseCount(numbers[fieldIndex.flags]);
  const userTicks = parseCount(numbers[fieldIndex.utime]);
  const systemTicks = parseCount(numbers[fieldIndex.stime]);
  const startTimeTicks = parseBigCount(numbers[fieldIndex.starttime]);
  if (
    state?.length !== 1 ||
    isDigits(state) ||
    pid === undefined ||
    ppid === undefined ||
    flags === undefined ||
    userTicks === undefined ||
    systemTicks === undefined ||
    startTimeTicks === undefined
  )
    return undefined;
  return {
    pid,
    comm: text.slice(open + 2, close),
    state,
    ppid,
    kernelThread: (flags & kernelThreadFlag) !== 0,
    userTicks,
    systemTicks,
    startTimeTicks,
  };
}

/** Reads the line of a process. Anyone may read these fields, unless the mount hides processes. */
export async function readStat(roots: HostRoots, pid: number): Promise<Reading<ProcessStat>> {
  const text = await readProcessFile(roots, pid, 'stat');
  return parseReading(text, processPath(roots, pid, 'stat'), parseStat, 'the line of a process');
}
