// SPDX-License-Identifier: MIT
import test from 'ava';
import { parseMaps } from '../../src/proc/maps.js';
import type { Mapping, SmapsMapping } from '../../src/proc/mapping.js';
import { classify, type RegionKind } from '../../src/regions/classify.js';

const mib = 0x100000n;

/** A mapping of 1 MiB from a line of maps without its addresses. */
function mapping(rest: string): Mapping {
  const [parsed] = parseMaps(`7f0000000000-7f0000100000 ${rest}\n`) ?? [];
  if (!parsed) throw new Error(`not a line of maps: ${rest}`);
  return parsed;
}

function withUsage(
  rest: string,
  anonymousBytes: number,
  vmFlags: readonly string[] = [],
): SmapsMapping {
  return {
    ...mapping(rest),
    usage: {
      rssBytes: Number(mib),
      pssBytes: Number(mib),
      sharedCleanBytes: 0,
      sharedDirtyBytes: 0,
      privateCleanBytes: 0,
      privateDirtyBytes: Number(mib),
      anonymousBytes,
    },
    vmFlags,
  };
}

const lines: readonly (readonly [what: string, line: string, kind: RegionKind])[] = [
  ['private anonymous memory', 'rw-p 00000000 00:00 0', 'anonymous'],
  ['read-only private anonymous memory', 'r--p 00000000 00:00 0', 'anonymous'],
  ['named anonymous memory', 'rw-p 00000000 00:00 0 [anon:weights]', 'anonymous'],
  ['the brk heap', 'rw-p 00000000 00:00 0 [heap]', 'heap'],
  ['the main stack', 'rw-p 00000000 00:00 0 [stack]', 'stack'],
  ['a thread stack of old kernels', 'rw-p 00000000 00:00 0 [stack:123]', 'stack'],
  ['code of a compiler', 'rwxp 00000000 00:00 0', 'jit'],
  ['library code', 'r-xp 00001000 fe:00 77 /usr/lib/libc.so.6', 'file-text'],
  ['library constants', 'r--p 00001000 fe:00 77 /usr/lib/libc.so.6', 'file-readonly'],
  ['library data', 'rw-p 00001000 fe:00 77 /usr/lib/libc.so.6', 'file-written'],
  ['a shared file', 'rw-s 00000000 fe:00 77 /tmp/shared', 'shared'],
  ['a memfd', 'rw-s 00000000 00:01 77 /memfd:pool (deleted)', 'shared'],
  ['shared anonymous memory', 'rw-s 00000000 00:01 77 /dev/zero (deleted)', 'shared'],
  ['a file in /dev/shm, privately', 'rw-p 00000000 00:19 77 /dev/shm/x', 'file-written'],
  ['reserved address space', '---p 00000000 00:00 0', 'reserved'],
  ['a device', 'rw-s 00000000 00:05 77 /dev/nvidia0', 'special'],
  ['an io_uring ring', 'rw-s 00000000 00:0e 77 anon_inode:[io_uring]', 'special'],
  ['vdso', 'r-xp 00000000 00:00 0 [vdso]', 'special'],
  ['vvar', 'r--p 00000000 00:00 0 [vvar]', 'special'],
];

for (const [what, line, kind] of lines) {
  test(`${what} is ${kind}`, (t) => {
    t.is(classify(mapping(line)), kind);
  });
}

test('a private file mapping counts as written once it has anonymous pages, as RELRO has', (t) => {
  const relro = 'r--p 00001000 fe:00 77 /usr/lib/libc.so.6';
  t.is(classify(withUsage(relro, 4096)), 'file-written');
  t.is(classify(withUsage(relro, 0)), 'file-readonly');
});

test('library data that nobody wrote is still the file', (t) => {
  t.is(classify(withUsage('rw-p 00001000 fe:00 77 /usr/lib/libc.so.6', 0)), 'file-readonly');
});

test('memory the kernel never merges is special whatever it looks like', (t) => {
  const anonymous = 'rw-p 00000000 00:00 0';
  for (const flag of ['pf', 'io', 'ht', 'mm', 'de', 'wf']) {
    t.is(classify(withUsage(anonymous, 4096, ['rd', 'wr', flag])), 'special', flag);
  }
  t.is(classify(withUsage(anonymous, 4096, ['rd', 'wr', 'mg'])), 'anonymous');
});
