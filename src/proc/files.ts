// SPDX-License-Identifier: MIT
/**
 * Reads pseudo files and turns errno into a {@link Reading}. Nothing here throws because of I/O: an
 * error that carries no errno is a fault of ours and passes through.
 */
import { access, open, readdir, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { getSystemErrorMap } from 'node:util';
import { isErrnoException } from '../errors.js';
import type { HostRoots, ReadFailure, Reading } from './reading.js';

/**
 * Most bytes taken from one file. The kernel's default of 65,530 mappings a process makes about
 * 50 MB of smaps; a process that makes more than that is not allowed to fill our memory.
 */
const maximumBytes = 64 * 1024 * 1024;

/** Pseudo files hand out at most a few KiB a call, so a small first buffer serves nearly all. */
const firstBufferBytes = 8 * 1024;

export interface ReadTextOptions {
  /** What ENOENT means for this path. Default: `absent`. */
  readonly missing?: 'absent' | 'gone';
}

/** The beginning of a file. */
export interface TextPrefix {
  readonly text: string;
  /** The file goes on after `text`. */
  readonly truncated: boolean;
}

/** Reads a whole file as UTF-8; bytes that are not UTF-8 become U+FFFD. */
export async function readText(
  path: string,
  options: ReadTextOptions = {},
): Promise<Reading<string>> {
  const prefix = await readPrefix(path, maximumBytes, options);
  if (prefix.kind !== 'value') return prefix;
  if (prefix.value.truncated) return invalid(path, `larger than ${maximumBytes} bytes`);
  return { kind: 'value', value: prefix.value.text };
}

/** Reads at most `limit` bytes from the start of a file as UTF-8. */
export async function readPrefix(
  path: string,
  limit: number,
  options: ReadTextOptions = {},
): Promise<Reading<TextPrefix>> {
  try {
    return { kind: 'value', value: await readUpTo(path, limit) };
  } catch (error) {
    return failureOf(error, path, options.missing ?? 'absent');
  }
}

/** Names in a folder, in no order. A missing folder is `absent`. */
export async function readNames(folder: string): Promise<Reading<readonly string[]>> {
  try {
    return { kind: 'value', value: await readdir(folder) };
  } catch (error) {
    return failureOf(error, folder, 'absent');
  }
}

/**
 * Reads /proc/PID/`name` whole. A missing file is `gone` if the folder of the process is missing too
 * (a mount with hidepid=2 makes a foreign process look like that), else `absent`.
 * @throws RangeError if `pid` is not a positive integer.
 */
export async function readProcessFile(
  roots: HostRoots,
  pid: number,
  name: string,
): Promise<Reading<string>> {
  const reading = await readText(processPath(roots, pid, name));
  return goneOrAbsent(roots, pid, reading);
}

/** As {@link readProcessFile}, for a file whose length the process itself decides. */
export async function readProcessPrefix(
  roots: HostRoots,
  pid: number,
  name: string,
  limit: number,
): Promise<Reading<TextPrefix>> {
  const reading = await readPrefix(processPath(roots, pid, name), limit);
  return goneOrAbsent(roots, pid, reading);
}

/**
 * Path of a file of a process.
 * @throws RangeError if `pid` is not a positive integer.
 */
export function processPath(roots: HostRoots, pid: number, name: string): string {
  return join(processFolder(roots, pid), name);
}

/** Applies a parser to a text; a parser says `undefined` for a malformed text. */
export function parseReading<T>(
  reading: Reading<string>,
  path: string,
  parse: (text: string) => T | undefined,
  expected: string,
): Reading<T> {
  if (reading.kind !== 'value') return reading;
  const value = parse(reading.value);
  return value === undefined
    ? invalid(path, `malformed: expected ${expected}`)
    : { kind: 'value', value };
}

/** A failure because of what a file contains. */
export function invalid(path: string, message: string): ReadFailure {
  return { kind: 'invalid', path, message };
}

/** Maps an errno error to a failure. Rethrows what is not an errno error. */
export function failureOf(error: unknown, path: string, missing: 'absent' | 'gone'): ReadFailure {
  if (!isErrnoException(error) || error.errno === undefined) throw error;
  const [name, text] = getSystemErrorMap().get(error.errno) ?? [
    error.code ?? String(error.errno),
    'unknown error',
  ];
  return { kind: failureKind(name, missing), path, message: `${text} (${name})` };
}

function failureKind(code: string, missing: 'absent' | 'gone'): ReadFailure['kind'] {
  switch (code) {
    case 'ENOENT':
      return missing;
    case 'ESRCH':
      return 'gone';
    case 'EACCES':
    case 'EPERM':
      return 'denied';
    default:
      return 'invalid';
  }
}

function processFolder(roots: HostRoots, pid: number): string {
  if (!Number.isSafeInteger(pid) || pid <= 0) {
    throw new RangeError(`a process id is a positive integer, not ${pid}`);
  }
  return join(roots.proc, String(pid));
}

async function goneOrAbsent<T>(
  roots: HostRoots,
  pid: number,
  reading: Reading<T>,
): Promise<Reading<T>> {
  if (reading.kind !== 'absent') return reading;
  const failure = await accessFailure(processFolder(roots, pid));
  return failure?.kind === 'gone' ? { ...failure, path: reading.path } : reading;
}

async function accessFailure(folder: string): Promise<ReadFailure | undefined> {
  try {
    await access(folder);
    return undefined;
  } catch (error) {
    return failureOf(error, folder, 'gone');
  }
}

async function readUpTo(path: string, limit: number): Promise<TextPrefix> {
  const file = await open(path, 'r');
  try {
    return await readHandle(file, limit);
  } finally {
    await file.close();
  }
}

async function readHandle(file: FileHandle, limit: number): Promise<TextPrefix> {
  let buffer: Buffer = Buffer.allocUnsafe(Math.min(firstBufferBytes, limit + 1));
  let length = 0;
  for (;;) {
    const { bytesRead } = await file.read(buffer, length, buffer.length - length, null);
    length += bytesRead;
    if (bytesRead === 0 || length > limit) break;
    if (length === buffer.length) buffer = grown(buffer, limit + 1);
  }
  return {
    text: buffer.toString('utf8', 0, Math.min(length, limit)),
    truncated: length > limit,
  };
}

function grown(buffer: Buffer, most: number): Buffer {
  const larger = Buffer.allocUnsafe(Math.min(buffer.length * 2, most));
  buffer.copy(larger);
  return larger;
}
