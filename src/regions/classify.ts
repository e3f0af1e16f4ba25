// SPDX-License-Identifier: MIT
/** What kind of memory a mapping holds, as far as merging is concerned. */
import type { Mapping, SmapsMapping } from '../proc/mapping.js';

export const regionKinds = [
  /** Private anonymous memory: large allocations, thread stacks, garbage-collected heaps. */
  'anonymous',
  /** The brk heap. */
  'heap',
  /** The main thread's stack. */
  'stack',
  /** Anonymous and executable: code of a just-in-time compiler. */
  'jit',
  /** Code of a file, private and never written: already shared through the page cache. */
  'file-text',
  /** Private file pages without a sign of writes: shared through the page cache as well. */
  'file-readonly',
  /** Private file pages that were written (.data, RELRO after relocation): anonymous copies. */
  'file-written',
  /** MAP_SHARED: nothing to merge. */
  'shared',
  /** No access: reserved address space and guard pages. */
  'reserved',
  /** Kernel-provided, device and hugetlb mappings, which cannot be merged. */
  'special',
] as const;

export type RegionKind = (typeof regionKinds)[number];

/** VmFlags of mappings the kernel never merges: pfn-mapped, I/O, hugetlb, mixed, DAX, no-expand. */
const unmergeableFlags: ReadonlySet<string> = new Set(['pf', 'io', 'ht', 'mm', 'de', 'wf']);

/**
 * Classifies a mapping. With smaps data the pages decide whether a private file mapping was written;
 * with maps alone its write permission does, which misses RELRO (written, then made read-only).
 */
export function classify(mapping: Mapping | SmapsMapping): RegionKind {
  const { path } = mapping;
  if (isSpecial(mapping)) return 'special';
  if (mapping.shared) return 'shared';
  if (!mapping.read && !mapping.write && !mapping.execute) return 'reserved';
  if (path === '[heap]') return 'heap';
  if (path === '[stack]' || path.startsWith('[stack:')) return 'stack';
  if (mapping.inode === 0n) return mapping.execute ? 'jit' : 'anonymous';
  if ('usage' in mapping) {
    const written = mapping.usage.anonymousBytes ?? 0;
    if (written > 0) return 'file-written';
    return mapping.execute ? 'file-text' : 'file-readonly';
  }
  if (mapping.write) return 'file-written';
  return mapping.execute ? 'file-text' : 'file-readonly';
}

function isSpecial(mapping: Mapping | SmapsMapping): boolean {
  const { path } = mapping;
  if (path.startsWith('[v') || path === '[uprobes]') return true;
  if (path.startsWith('anon_inode:')) return true;
  // Device memory; /dev/zero and /dev/shm are ordinary memory behind a device's name.
  if (/^\/dev\/(?!zero\b|shm\/)/.test(path)) return true;
  return 'vmFlags' in mapping && mapping.vmFlags.some((flag) => unmergeableFlags.has(flag));
}
