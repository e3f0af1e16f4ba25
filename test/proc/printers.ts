// SPDX-License-Identifier: MIT
/** Prints data the way the kernel does, and makes arbitrary data to print. */
import fc from 'fast-check';
import type { Mapping, MemoryUsage, SmapsMapping } from '../../src/proc/mapping.js';

/** The part of a mapping of smaps that maps has too. */
export function mappingOf(mapping: SmapsMapping): Mapping {
  const { start, end, read, write, execute, shared, offset, device, inode } = mapping;
  return { start, end, read, write, execute, shared, offset, device, inode, path: mapping.path };
}

/** Column at which show_map_vma() puts the path. */
const pathColumn = 73;

export function printMapping(mapping: Mapping): string {
  const permissions =
    (mapping.read ? 'r' : '-') +
    (mapping.write ? 'w' : '-') +
    (mapping.execute ? 'x' : '-') +
    (mapping.shared ? 's' : 'p');
  const range = `${hex(mapping.start)}-${hex(mapping.end)}`;
  const head = `${range} ${permissions} ${hex(mapping.offset)} ${mapping.device} ${mapping.inode.toString()} `;
  if (mapping.path === '') return `${head}\n`;
  return `${head.padEnd(pathColumn)}${mapping.path.replaceAll('\n', '\\012')}\n`;
}

/** Kernel names of the fields a test prints: those of a rollup, in order. */
const printedFields: readonly (readonly [string, keyof MemoryUsage])[] = [
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
];

export function printUsage(usage: MemoryUsage): string {
  const lines = printedFields.map(([name, field]) => {
    const bytes = usage[field];
    return bytes === undefined ? '' : fieldLine(name, bytes);
  });
  return lines.join('');
}

export function printSmaps(mappings: readonly SmapsMapping[]): string {
  return mappings
    .map((mapping) => {
      const size = fieldLine('Size', Number(mapping.end - mapping.start));
      const flags = mapping.vmFlags.map((flag) => `${flag} `).join('');
      return `${printMapping(mapping)}${size}${printUsage(mapping.usage)}VmFlags: ${flags}\n`;
    })
    .join('');
}

function fieldLine(name: string, bytes: number): string {
  return `${`${name}:`.padEnd(16)}${String(bytes / 1024).padStart(8)} kB\n`;
}

function hex(value: bigint): string {
  return value.toString(16).padStart(8, '0');
}

const pageNumber = fc.bigInt({ min: 0n, max: (1n << 52n) - 1n });
const kilobytes = fc.nat({ max: 1_000_000_000 }).map((value) => value * 1024);

/** Any path that maps prints so that it can be told from another: `\012` in a name cannot. */
const path = fc.oneof(
  fc.constantFrom('', '[heap]', '[stack]', '[anon:two words]', '/a b (deleted)', '/two\nlines'),
  fc
    .string({ unit: 'binary' })
    .filter((name) => !name.includes('\\012'))
    .map((name) => `/${name}`),
);

export const arbitraryMapping: fc.Arbitrary<Mapping> = fc
  .record({
    pages: fc.tuple(pageNumber, pageNumber),
    read: fc.boolean(),
    write: fc.boolean(),
    execute: fc.boolean(),
    shared: fc.boolean(),
    offset: pageNumber.map((page) => page * 4096n),
    device: fc.constantFrom('00:00', 'fe:00', '08:1a', '103:10002'),
    inode: fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
    path,
  })
  .map(({ pages: [one, other], ...rest }) => ({
    start: (one < other ? one : other) * 4096n,
    end: (one < other ? other : one) * 4096n,
    ...rest,
  }));

export const arbitraryUsage: fc.Arbitrary<MemoryUsage> = fc.record(
  {
    rssBytes: kilobytes,
    pssBytes: kilobytes,
    pssDirtyBytes: kilobytes,
    pssAnonBytes: kilobytes,
    pssFileBytes: kilobytes,
    pssShmemBytes: kilobytes,
    sharedCleanBytes: kilobytes,
    sharedDirtyBytes: kilobytes,
    privateCleanBytes: kilobytes,
    privateDirtyBytes: kilobytes,
    referencedBytes: kilobytes,
    anonymousBytes: kilobytes,
    ksmBytes: kilobytes,
    lazyFreeBytes: kilobytes,
    anonHugePagesBytes: kilobytes,
    sharedHugetlbBytes: kilobytes,
    privateHugetlbBytes: kilobytes,
    swapBytes: kilobytes,
    swapPssBytes: kilobytes,
    lockedBytes: kilobytes,
  },
  {
    requiredKeys: [
      'rssBytes',
      'pssBytes',
      'sharedCleanBytes',
      'sharedDirtyBytes',
      'privateCleanBytes',
      'privateDirtyBytes',
    ],
  },
);

export const arbitrarySmapsMapping: fc.Arbitrary<SmapsMapping> = fc
  .tuple(arbitraryMapping, arbitraryUsage, fc.array(fc.constantFrom('rd', 'wr', 'mg', 'ht', '??')))
  .map(([mapping, usage, vmFlags]) => ({ ...mapping, usage, vmFlags }));
