// SPDX-License-Identifier: MIT
/**
 * /proc/meminfo: memory of the machine.
 * Format: Documentation/filesystems/proc.rst, section 1.2 (meminfo).
 */
import { join } from 'node:path';
import { colonFields, parseKilobytes } from './fields.js';
import { parseReading, readText } from './files.js';
import type { HostRoots, Reading } from './reading.js';

export interface Meminfo {
  readonly memTotalBytes: number;
  readonly memFreeBytes: number;
  /** What new programs could take without swapping, as the kernel estimates it (3.14 and newer). */
  readonly memAvailableBytes?: number;
  /** Anonymous memory mapped by processes. */
  readonly anonPagesBytes?: number;
  /** The part of `anonPagesBytes` that is in huge pages. */
  readonly anonHugePagesBytes?: number;
  readonly swapTotalBytes?: number;
  readonly swapFreeBytes?: number;
  /** Shared memory and tmpfs. */
  readonly shmemBytes?: number;
  /** The kernel's own data structures. */
  readonly slabBytes?: number;
}

type Draft = { -readonly [Field in keyof Meminfo]?: number };

const meminfoFields: readonly (readonly [string, keyof Meminfo])[] = [
  ['MemTotal', 'memTotalBytes'],
  ['MemFree', 'memFreeBytes'],
  ['MemAvailable', 'memAvailableBytes'],
  ['AnonPages', 'anonPagesBytes'],
  ['AnonHugePages', 'anonHugePagesBytes'],
  ['SwapTotal', 'swapTotalBytes'],
  ['SwapFree', 'swapFreeBytes'],
  ['Shmem', 'shmemBytes'],
  ['Slab', 'slabBytes'],
];

/** Parses the file; `undefined` if MemTotal or MemFree is missing or a known field is malformed. */
export function parseMeminfo(text: string): Meminfo | undefined {
  const fields = colonFields(text);
  const draft: Draft = {};
  for (const [name, key] of meminfoFields) {
    const value = fields.get(name);
    if (value === undefined) continue;
    const bytes = parseKilobytes(value);
    if (bytes === undefined) return undefined;
    draft[key] = bytes;
  }
  return isComplete(draft) ? draft : undefined;
}

/** Reads the memory numbers of the machine, in bytes. */
export async function readMeminfo(roots: HostRoots): Promise<Reading<Meminfo>> {
  const path = join(roots.proc, 'meminfo');
  return parseReading(await readText(path), path, parseMeminfo, 'fields of the machine');
}

function isComplete(draft: Draft): draft is Meminfo {
  return draft.memTotalBytes !== undefined && draft.memFreeBytes !== undefined;
}
