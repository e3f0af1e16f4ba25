// SPDX-License-Identifier: MIT
import test from 'ava';
import fc from 'fast-check';
import type { MemoryUsage } from '../../src/proc/mapping.js';
import { readMemoryUsage, sumUsage, uniqueBytes } from '../../src/proc/memory-usage.js';
import { readSmapsRollup } from '../../src/proc/smaps-rollup.js';
import { readSmaps } from '../../src/proc/smaps.js';
import { arbitraryUsage } from './printers.js';
import { failureIn, fixtureRoots, valueOf } from './trees.js';

const KiB = 1024;
const one: MemoryUsage = {
  rssBytes: 10,
  pssBytes: 8,
  sharedCleanBytes: 1,
  sharedDirtyBytes: 2,
  privateCleanBytes: 3,
  privateDirtyBytes: 4,
};

test('the sum of nothing is zero', (t) => {
  t.deepEqual(sumUsage([]), {
    rssBytes: 0,
    pssBytes: 0,
    sharedCleanBytes: 0,
    sharedDirtyBytes: 0,
    privateCleanBytes: 0,
    privateDirtyBytes: 0,
  });
});

test('usages add up field by field', (t) => {
  t.deepEqual(
    sumUsage([
      { ...one, swapBytes: 5 },
      { ...one, swapBytes: 6 },
    ]),
    {
      rssBytes: 20,
      pssBytes: 16,
      sharedCleanBytes: 2,
      sharedDirtyBytes: 4,
      privateCleanBytes: 6,
      privateDirtyBytes: 8,
      swapBytes: 11,
    },
  );
});

test('a field that one summand lacks is not in the sum', (t) => {
  const sum = sumUsage([{ ...one, ksmBytes: 5 }, one, { ...one, ksmBytes: 6 }]);
  t.false(Object.hasOwn(sum, 'ksmBytes'));
  t.is(sum.rssBytes, 30);
});

test('the order of summands does not matter, and none is changed', (t) => {
  fc.assert(
    fc.property(fc.array(arbitraryUsage), (usages) => {
      const before = structuredClone(usages);
      t.deepEqual(sumUsage(usages.toReversed()), sumUsage(usages));
      t.deepEqual(usages, before);
    }),
  );
});

test('unique memory is the private memory', (t) => {
  t.is(uniqueBytes({ ...one, privateHugetlbBytes: 1000 }), 7);
});

test('the kernel sums up what smaps lists', async (t) => {
  const roots = fixtureRoots({ proc: 'proc-6.18' });
  for (const pid of [8233, 8234, 8235]) {
    const rollup = valueOf(await readSmapsRollup(roots, pid));
    const smaps = valueOf(await readSmaps(roots, pid));
    const sum = sumUsage(smaps.map((mapping) => mapping.usage));
    t.is(sum.rssBytes, rollup.rssBytes);
    t.is(sum.ksmBytes, rollup.ksmBytes);
    t.is(uniqueBytes(sum), uniqueBytes(rollup));
    t.true(rollup.pssBytes - sum.pssBytes >= 0);
    t.true(rollup.pssBytes - sum.pssBytes <= smaps.length * KiB);
  }
});

test('a kernel without smaps_rollup gives the sum of smaps', async (t) => {
  const usage = valueOf(await readMemoryUsage(fixtureRoots({ proc: 'proc-4.9' }), 610));
  t.is(usage.rssBytes, 340 * KiB);
  t.is(usage.pssBytes, 238 * KiB);
  t.is(uniqueBytes(usage), 136 * KiB);
  t.is(usage.swapBytes, 8 * KiB);
});

test('a process that is gone is gone, whichever file is asked for', async (t) => {
  for (const proc of ['proc-4.9', 'proc-6.18'])
    t.is(failureIn(await readMemoryUsage(fixtureRoots({ proc }), 4_000_000)).kind, 'gone');
});
