// SPDX-License-Identifier: MIT
/**
 * The 64-bit entries of /proc/PID/pagemap, one a page. Decoding only; the addon reads them.
 * Layout: Documentation/admin-guide/mm/pagemap.rst.
 */

export interface PagemapEntry {
  /** Bit 63: in memory. */
  readonly present: boolean;
  /** Bit 62: swapped out. */
  readonly swapped: boolean;
  /** Bit 61: page of a file, or of shared anonymous memory. KSM pages count as anonymous. */
  readonly filePageOrSharedAnon: boolean;
  /** Bit 57: write-protected through userfaultfd (5.13 and newer). */
  readonly uffdWp: boolean;
  /** Bit 56: mapped by this process only, and only once (4.2 and newer). */
  readonly exclusivelyMapped: boolean;
  /** Bit 55: written since the last clear_refs (CONFIG_MEM_SOFT_DIRTY). */
  readonly softDirty: boolean;
  /**
   * Bits 0 to 54: frame number of a present page. 0 without CAP_SYS_ADMIN, and for a page that is not
   * present, where the bits say where in swap it is.
   */
  readonly frame: bigint;
}

const presentBit = 1n << 63n;
const swappedBit = 1n << 62n;
const fileBit = 1n << 61n;
const uffdWpBit = 1n << 57n;
const exclusiveBit = 1n << 56n;
const softDirtyBit = 1n << 55n;
const frameMask = (1n << 55n) - 1n;

/** Decodes one entry, an unsigned 64-bit number. */
export function decodePagemapEntry(entry: bigint): PagemapEntry {
  const present = isPresent(entry);
  return {
    present,
    swapped: (entry & swappedBit) !== 0n,
    filePageOrSharedAnon: (entry & fileBit) !== 0n,
    uffdWp: (entry & uffdWpBit) !== 0n,
    exclusivelyMapped: (entry & exclusiveBit) !== 0n,
    softDirty: (entry & softDirtyBit) !== 0n,
    frame: present ? entry & frameMask : 0n,
  };
}

/** Whether an entry is of a page in memory. The bit is the highest, so a comparison will do. */
export function isPresent(entry: bigint): boolean {
  return entry >= presentBit;
}

/** Frame number of an entry; 0 if the page is not present or the reader may not know. */
export function frameOf(entry: bigint): bigint {
  return isPresent(entry) ? entry & frameMask : 0n;
}

/** How many of the entries are of pages in memory. */
export function countPresent(entries: Iterable<bigint>): number {
  let count = 0;
  for (const entry of entries) if (isPresent(entry)) count += 1;
  return count;
}
