// SPDX-License-Identifier: MIT
/** One line of /proc/PID/maps, as data. */
export interface Mapping {
  /** First address, page aligned. */
  readonly start: bigint;
  /** First address after the mapping, page aligned. */
  readonly end: bigint;
  readonly read: boolean;
  readonly write: boolean;
  readonly execute: boolean;
  /** `s` in the permissions: MAP_SHARED. */
  readonly shared: boolean;
  /** Offset into the file, bytes. */
  readonly offset: bigint;
  /** `major:minor`, hexadecimal as printed. */
  readonly device: string;
  /** 0 for anonymous memory. */
  readonly inode: bigint;
  /** File path, `[heap]`-style name, or empty. Octal escapes (`\012`) are decoded. */
  readonly path: string;
}

/** Memory numbers as smaps and smaps_rollup give them, all in bytes. Fields a kernel lacks are absent. */
export interface MemoryUsage {
  readonly rssBytes: number;
  readonly pssBytes: number;
  readonly pssDirtyBytes?: number;
  readonly pssAnonBytes?: number;
  readonly pssFileBytes?: number;
  readonly pssShmemBytes?: number;
  readonly sharedCleanBytes: number;
  readonly sharedDirtyBytes: number;
  readonly privateCleanBytes: number;
  readonly privateDirtyBytes: number;
  readonly referencedBytes?: number;
  readonly anonymousBytes?: number;
  /** Bytes mapped to KSM pages (kernel 6.12 and newer). */
  readonly ksmBytes?: number;
  readonly lazyFreeBytes?: number;
  readonly anonHugePagesBytes?: number;
  readonly sharedHugetlbBytes?: number;
  readonly privateHugetlbBytes?: number;
  readonly swapBytes?: number;
  readonly swapPssBytes?: number;
  readonly lockedBytes?: number;
}

/** One mapping of /proc/PID/smaps. */
export interface SmapsMapping extends Mapping {
  readonly usage: MemoryUsage;
  /** `VmFlags` mnemonics, such as `mg` (mergeable) or `ht` (hugetlb). Empty where the kernel has none. */
  readonly vmFlags: readonly string[];
}
