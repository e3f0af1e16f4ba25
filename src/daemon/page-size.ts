// SPDX-License-Identifier: MIT
/** The size of a page, even where the addon cannot be loaded. */
import { readFileSync } from 'node:fs';
import { endianness } from 'node:os';
import { messageOf, UpmError } from '../errors.js';
import { native } from '../native/addon.js';

/** AT_PAGESZ of getauxval(3). */
const pageSizeKey = 6n;
const wordBytes = 8;

/**
 * Bytes in a page: from the addon, else from the auxiliary vector the kernel gave this process.
 * @param warn told once if the addon is not there.
 * @throws UpmError ERR_UPM_UNSUPPORTED if neither tells.
 */
export function pageSizeOf(warn: (message: string) => void): number {
  try {
    return native().pageSize;
  } catch (error) {
    warn(`going on without the native addon: ${messageOf(error)}`);
    const size = pageSizeInVector(readFileSync('/proc/self/auxv'));
    if (size !== undefined) return size;
    throw new UpmError('ERR_UPM_UNSUPPORTED', 'the size of a page is not known', { cause: error });
  }
}

/** Looks the size up in a vector of pairs of words (key, value), as 64-bit systems have it. */
export function pageSizeInVector(vector: Buffer): number | undefined {
  const word = (offset: number): bigint =>
    endianness() === 'LE' ? vector.readBigUInt64LE(offset) : vector.readBigUInt64BE(offset);
  for (let offset = 0; offset + 2 * wordBytes <= vector.length; offset += 2 * wordBytes) {
    if (word(offset) === pageSizeKey) return Number(word(offset + wordBytes));
  }
  return undefined;
}
