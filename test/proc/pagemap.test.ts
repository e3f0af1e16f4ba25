// SPDX-License-Identifier: MIT
import test from 'ava';
import fc from 'fast-check';
import { countPresent, decodePagemapEntry, frameOf, isPresent } from '../../src/proc/pagemap.js';

const nothing = {
  present: false,
  swapped: false,
  filePageOrSharedAnon: false,
  uffdWp: false,
  exclusivelyMapped: false,
  softDirty: false,
  frame: 0n,
};

test('each bit has its meaning', (t) => {
  t.deepEqual(decodePagemapEntry(0n), nothing);
  t.deepEqual(decodePagemapEntry(1n << 63n), { ...nothing, present: true });
  t.deepEqual(decodePagemapEntry(1n << 62n), { ...nothing, swapped: true });
  t.deepEqual(decodePagemapEntry(1n << 61n), { ...nothing, filePageOrSharedAnon: true });
  t.deepEqual(decodePagemapEntry(1n << 57n), { ...nothing, uffdWp: true });
  t.deepEqual(decodePagemapEntry(1n << 56n), { ...nothing, exclusivelyMapped: true });
  t.deepEqual(decodePagemapEntry(1n << 55n), { ...nothing, softDirty: true });
});

test('a present page has a frame number of 55 bits', (t) => {
  const frame = fc.bigInt({ min: 0n, max: (1n << 55n) - 1n });
  fc.assert(
    fc.property(frame, fc.bigInt({ min: 0n, max: 255n }), (number, flags) => {
      const entry = (1n << 63n) | (flags << 55n) | number;
      t.is(decodePagemapEntry(entry).frame, number);
      t.is(frameOf(entry), number);
    }),
  );
});

test('the place of a page in swap is not taken for a frame', (t) => {
  t.is(decodePagemapEntry((1n << 62n) | 0x1234n).frame, 0n);
  t.is(frameOf((1n << 62n) | 0x1234n), 0n);
});

test('present pages are counted', (t) => {
  t.is(countPresent(new BigUint64Array([1n << 63n, 0n, (1n << 64n) - 1n, 1n << 62n])), 2);
  t.is(countPresent([]), 0);
  t.true(isPresent(1n << 63n));
  t.false(isPresent((1n << 63n) - 1n));
});
