// SPDX-License-Identifier: MIT
import test from 'ava';
import fc from 'fast-check';
import { parseSmapsRollup, readSmapsRollup } from '../../src/proc/smaps-rollup.js';
import { arbitraryUsage, printUsage } from './printers.js';
import { failureIn, fixtureRoots, temporaryProc, valueOf } from './trees.js';

const KiB = 1024;
const header =
  '55d0c8a00000-7ffce91f3000 ---p 00000000 00:00 0                          [rollup]\n';

test('the sums of a process with merged pages, in bytes', async (t) => {
  t.deepEqual(valueOf(await readSmapsRollup(fixtureRoots({ proc: 'proc-6.18' }), 8233)), {
    rssBytes: 20444 * KiB,
    pssBytes: 8488 * KiB,
    pssDirtyBytes: 4357 * KiB,
    pssAnonBytes: 4293 * KiB,
    pssFileBytes: 4130 * KiB,
    pssShmemBytes: 64 * KiB,
    sharedCleanBytes: 2436 * KiB,
    sharedDirtyBytes: 10296 * KiB,
    privateCleanBytes: 3868 * KiB,
    privateDirtyBytes: 3844 * KiB,
    referencedBytes: 20444 * KiB,
    anonymousBytes: 14076 * KiB,
    ksmBytes: 10296 * KiB,
    lazyFreeBytes: 0,
    anonHugePagesBytes: 0,
    sharedHugetlbBytes: 0,
    privateHugetlbBytes: 0,
    swapBytes: 0,
    swapPssBytes: 0,
    lockedBytes: 0,
  });
});

test('kernel 4.19 has no PSS by kind, and no KSM field', async (t) => {
  const usage = valueOf(await readSmapsRollup(fixtureRoots({ proc: 'proc-4.19' }), 742));
  t.is(usage.pssBytes, 1034 * KiB);
  t.is(usage.swapPssBytes, 64 * KiB);
  for (const field of ['pssDirtyBytes', 'pssAnonBytes', 'pssFileBytes', 'ksmBytes'])
    t.false(Object.hasOwn(usage, field), field);
});

test('kernels 5.10 and 6.1 add fields one by one', async (t) => {
  const older = valueOf(await readSmapsRollup(fixtureRoots({ proc: 'proc-5.10' }), 2041));
  t.is(older.pssAnonBytes, 118000 * KiB);
  t.is(older.lazyFreeBytes, 512 * KiB);
  t.is(older.pssDirtyBytes, undefined);
  const newer = valueOf(await readSmapsRollup(fixtureRoots({ proc: 'proc-6.1' }), 310));
  t.is(newer.pssDirtyBytes, 2500 * KiB);
  t.is(newer.ksmBytes, undefined);
});

test('a kernel without the file is told from a process that is gone', async (t) => {
  const roots = fixtureRoots({ proc: 'proc-4.9' });
  t.is(failureIn(await readSmapsRollup(roots, 610)).kind, 'absent');
  t.is(failureIn(await readSmapsRollup(roots, 611)).kind, 'gone');
});

test('a missing required field makes the file invalid', async (t) => {
  const roots = await temporaryProc(t, { '7/smaps_rollup': `${header}Rss: 4 kB\nPss: 4 kB\n` });
  t.is(failureIn(await readSmapsRollup(roots, 7)).kind, 'invalid');
});

test('what the kernel prints for any sums is what is parsed', (t) => {
  fc.assert(
    fc.property(arbitraryUsage, (usage) => {
      t.deepEqual(parseSmapsRollup(header + printUsage(usage)), usage);
    }),
  );
});
