// SPDX-License-Identifier: MIT
/**
 * /proc/PID/status: identity, credentials and sizes of a process, for people and programs.
 * Format: Documentation/filesystems/proc.rst, table 1-2; printed by proc_pid_status() in
 * fs/proc/array.c.
 */
import { colonFields, parseCount, parseFlag, parseKilobytes } from './fields.js';
import { parseReading, processPath, readProcessFile } from './files.js';
import type { HostRoots, Reading } from './reading.js';

/** User or group ids of a process, as seen from the reader's user namespace. */
export interface CredentialIds {
  readonly real: number;
  readonly effective: number;
  readonly saved: number;
  readonly fs: number;
}

export interface ProcessStatus {
  /** Name of the program, at most 15 bytes for user processes. The process can choose it. */
  readonly name: string;
  /** One letter, such as `R`, `S`, `D`, `Z` (zombie) or `I` (idle kernel thread). */
  readonly state: string;
  readonly tgid: number;
  readonly pid: number;
  /** 0 if the parent is outside the pid namespace of the proc mount. */
  readonly ppid: number;
  readonly uid: CredentialIds;
  readonly gid: CredentialIds;
  /** Its pid in each pid namespace, outermost first; empty before kernel 4.1. */
  readonly nsPids: readonly number[];
  /** Virtual size. This and the sizes below are absent for kernel threads and zombies. */
  readonly vmSizeBytes?: number;
  /** Resident set size; may lag by some pages for each thread. smaps_rollup is exact. */
  readonly vmRssBytes?: number;
  readonly rssAnonBytes?: number;
  readonly rssFileBytes?: number;
  readonly rssShmemBytes?: number;
  /** Anonymous memory that is swapped out; without shmem. */
  readonly vmSwapBytes?: number;
  readonly threads: number;
  /** prctl(PR_SET_NO_NEW_PRIVS); kernel 4.10 and newer. */
  readonly noNewPrivileges?: boolean;
  /** False if prctl(PR_SET_THP_DISABLE) is on; kernel 5.0 and newer. */
  readonly thpEnabled?: boolean;
  /** By `Kthread:` (6.8 and newer); before, a process that has no address space and is no zombie. */
  readonly kernelThread: boolean;
}

type OptionalFields = Omit<ProcessStatus, keyof RequiredFields>;
type RequiredFields = Pick<
  ProcessStatus,
  'name' | 'state' | 'tgid' | 'pid' | 'ppid' | 'uid' | 'gid' | 'nsPids' | 'threads' | 'kernelThread'
>;
type Draft<T> = { -readonly [Field in keyof T]: T[Field] };

/** Fields in kB, each with the name the kernel gives it. */
const sizeFields = [
  ['VmSize', 'vmSizeBytes'],
  ['VmRSS', 'vmRssBytes'],
  ['RssAnon', 'rssAnonBytes'],
  ['RssFile', 'rssFileBytes'],
  ['RssShmem', 'rssShmemBytes'],
  ['VmSwap', 'vmSwapBytes'],
] as const;

/** Fields of 0 or 1. */
const flagFields = [
  ['NoNewPrivs', 'noNewPrivileges'],
  ['THP_enabled', 'thpEnabled'],
] as const;

/** Parses the file; `undefined` if a field that all kernels print is missing or one is malformed. */
export function parseStatus(text: string): ProcessStatus | undefined {
  const fields = colonFields(text);
  const required = requiredFrom(fields);
  const optional = optionalFrom(fields);
  return required === undefined || optional === undefined
    ? undefined
    : { ...required, ...optional };
}

/** Reads the status of a process. Anyone may read it, unless the mount hides processes. */
export async function readStatus(roots: HostRoots, pid: number): Promise<Reading<ProcessStatus>> {
  const text = await readProcessFile(roots, pid, 'status');
  return parseReading(text, processPath(roots, pid, 'status'), parseStatus, 'fields of a process');
}

function requiredFrom(fields: ReadonlyMap<string, string>): RequiredFields | undefined {
  const name = fields.get('Name');
  const state = fields.get('State')?.slice(0, 1);
  const tgid = parseCount(fields.get('Tgid'));
  const pid = parseCount(fields.get('Pid'));
  const ppid = parseCount(fields.get('PPid'));
  const uid = credentialIds(fields.get('Uid'));
  const gid = credentialIds(fields.get('Gid'));
  const nsPids = counts(fields.get('NSpid') ?? '');
  const threads = parseCount(fields.get('Threads'));
  if (
    name === undefined ||
    state === undefined ||
    state === '' ||
    tgid === undefined ||
    pid === undefined ||
    ppid === undefined ||
    uid === undefined ||
    gid === undefined ||
    nsPids === undefined ||
    threads === undefined
  )
    return undefined;
  const kernelThread = isKernelThread(fields, state);
  return {
    name: unescapeName(name),
    state,
    tgid,
    pid,
    ppid,
    uid,
    gid,
    nsPids,
    threads,
    kernelThread,
  };
}

function optionalFrom(fields: ReadonlyMap<string, string>): OptionalFields | undefined {
  const optional: Draft<OptionalFields> = {};
  for (const [name, key] of sizeFields) {
    const text = fields.get(name);
    if (text === undefined) continue;
    const bytes = parseKilobytes(text);
    if (bytes === undefined) return undefined;
    optional[key] = bytes;
  }
  for (const [name, key] of flagFields) {
    const text = fields.get(name);
    if (text === undefined) continue;
    const flag = parseFlag(text);
    if (flag === undefined) return undefined;
    optional[key] = flag;
  }
  return optional;
}

function isKernelThread(fields: ReadonlyMap<string, string>, state: string): boolean {
  const kthread = fields.get('Kthread');
  if (kthread !== undefined) return kthread === '1';
  return !fields.has('VmSize') && state !== 'Z' && state !== 'X';
}

function credentialIds(text: string | undefined): CredentialIds | undefined {
  const [real, effective, saved, fs] = counts(text ?? '') ?? [];
  return real === undefined || effective === undefined || saved === undefined || fs === undefined
    ? undefined
    : { real, effective, saved, fs };
}

/** Numbers with tabs between them. */
function counts(text: string): readonly number[] | undefined {
  if (text === '') return [];
  const numbers: number[] = [];
  for (const part of text.split('\t')) {
    const number = parseCount(part);
    if (number === undefined) return undefined;
    numbers.push(number);
  }
  return numbers;
}

/** The kernel escapes a newline as `\n` and a backslash as `\\`, and nothing else. */
function unescapeName(name: string): string {
  return name.replace(/\\[n\\]/g, (escape) => (escape === '\\n' ? '\n' : '\\'));
}
