// SPDX-License-Identifier: MIT
/**
 * The memory fields of smaps and smaps_rollup, and the scanner for their lines.
 * Source: Documentation/filesystems/proc.rst, section 1.1 (smaps); printed by __show_smap() in
 * fs/proc/task_mmu.c. Every number is printed as `Name:   123 kB`.
 */
import type { MemoryUsage } from './mapping.js';

/** A usage under construction. */
export type UsageDraft = { -readonly [Field in keyof MemoryUsage]?: number };

/** Kernel name of each field, in the order the kernel prints them. */
const usageFields: ReadonlyMap<string, keyof MemoryUsage> = new Map([
  ['Rss', 'rssBytes'],
  ['Pss', 'pssBytes'],
  ['Pss_Dirty', 'pssDirtyBytes'],
  ['Pss_Anon', 'pssAnonBytes'],
  ['Pss_File', 'pssFileBytes'],
  ['Pss_Shmem', 'pssShmemBytes'],
  ['Shared_Clean', 'sharedCleanBytes'],
  ['Shared_Dirty', 'sharedDirtyBytes'],
  ['Private_Clean', 'privateCleanBytes'],
  ['Private_Dirty', 'privateDirtyBytes'],
  ['Referenced', 'referencedBytes'],
  ['Anonymous', 'anonymousBytes'],
  ['KSM', 'ksmBytes'],
  ['LazyFree', 'lazyFreeBytes'],
  ['AnonHugePages', 'anonHugePagesBytes'],
  ['Shared_Hugetlb', 'sharedHugetlbBytes'],
  ['Private_Hugetlb', 'privateHugetlbBytes'],
  ['Swap', 'swapBytes'],
  ['SwapPss', 'swapPssBytes'],
  ['Locked', 'lockedBytes'],
] as const);

/** The fields that every kernel since 2.6.25 prints. */
const requiredFields = [
  'rssBytes',
  'pssBytes',
  'sharedCleanBytes',
  'sharedDirtyBytes',
  'privateCleanBytes',
  'privateDirtyBytes',
] as const satisfies readonly (keyof MemoryUsage)[];

/** All usage fields, required and optional. */
export const usageKeys: readonly (keyof MemoryUsage)[] = [...usageFields.values()];

/** Whether a draft has every field that is not optional. */
export function isComplete(draft: UsageDraft): draft is MemoryUsage {
  return requiredFields.every((field) => draft[field] !== undefined);
}

/**
 * Puts the field in `text[start, end)`, a line without its newline, into `draft`. Unknown fields are
 * passed over. Returns `false` if the line is no field or a known field has no number of kB.
 */
export function scanUsageLine(
  text: string,
  start: number,
  end: number,
  draft: UsageDraft,
): boolean {
  const colon = text.indexOf(':', start);
  if (colon <= start || colon >= end) return false;
  const field = usageFields.get(text.slice(start, colon));
  if (field === undefined) return true;
  const bytes = scanKilobytes(text, colon + 1, end);
  if (bytes < 0) return false;
  draft[field] = bytes;
  return true;
}

/** `   123 kB` in `text[start, end)` as bytes; -1 if malformed. Allocates nothing. */
function scanKilobytes(text: string, start: number, end: number): number {
  const endOfDigits = end - ' kB'.length;
  if (!text.startsWith(' kB', endOfDigits)) return -1;
  let index = start;
  while (index < endOfDigits && text.charCodeAt(index) === 32) index += 1;
  if (index >= endOfDigits) return -1;
  let kilobytes = 0;
  for (; index < endOfDigits; index += 1) {
    const digit = text.charCodeAt(index) - 48;
    if (digit < 0 || digit > 9) return -1;
    kilobytes = kilobytes * 10 + digit;
  }
  const bytes = kilobytes * 1024;
  return Number.isSafeInteger(bytes) ? bytes : -1;
}
