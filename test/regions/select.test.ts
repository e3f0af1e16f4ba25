// SPDX-License-Identifier: MIT
import test from 'ava';
import fc from 'fast-check';
import { parseMaps } from '../../src/proc/maps.js';
import { policies } from '../../src/regions/policy.js';
import { rangeBytes, totalBytes, type AddressRange } from '../../src/regions/range.js';
import { selectPages, selectRegions } from '../../src/regions/select.js';

const maps =
  parseMaps(
    [
      '00400000-00500000 r-xp 00000000 fe:00 11 /usr/bin/node',
      '00500000-00510000 rw-p 00100000 fe:00 11 /usr/bin/node',
      '01000000-01800000 rw-p 00000000 00:00 0 [heap]',
      '7f0000000000-7f0000400000 rw-p 00000000 00:00 0 ',
      '7f0000400000-7f0000800000 r--p 00000000 00:00 0 ',
      '7f0000800000-7f0000810000 rw-p 00000000 00:00 0 ',
      '7f0001000000-7f0001400000 rw-s 00000000 00:01 5 /memfd:x (deleted)',
      '7ffd00000000-7ffd00021000 rw-p 00000000 00:00 0 [stack]',
      '',
    ].join('\n'),
  ) ?? [];

test('weights are large anonymous regions, neighbours in one range', (t) => {
  const { regions, ranges, left } = selectRegions(maps, policies.weights);
  t.deepEqual(
    regions.map((region) => region.kind),
    ['anonymous', 'anonymous'],
  );
  t.deepEqual(ranges, [{ start: 0x7f0000000000n, end: 0x7f0000800000n }]);
  t.deepEqual(
    left.filter((region) => region.reason === 'small').map((region) => region.mapping.start),
    [0x7f0000800000n],
  );
});

test('private memory takes the heap too, but no file', (t) => {
  const kinds = selectRegions(maps, policies.private).regions.map((region) => region.kind);
  t.deepEqual(new Set(kinds), new Set(['heap', 'anonymous']));
});

test('everything mergeable takes written files, never shared memory or stacks', (t) => {
  const { regions } = selectRegions(maps, policies.all);
  t.true(regions.some((region) => region.kind === 'file-written'));
  t.false(regions.some((region) => ['shared', 'stack', 'file-text'].includes(region.kind)));
});

test('every mapping is either selected or left with a reason', (t) => {
  for (const policy of Object.values(policies)) {
    const { regions, left } = selectRegions(maps, policy);
    t.is(regions.length + left.length, maps.length);
  }
});

test('pages of buffers: what is selected and what is cut add up to what was given', (t) => {
  const buffer = fc
    .tuple(fc.bigInt({ min: 0n, max: 200_000n }), fc.bigInt({ min: 0n, max: 50_000n }))
    .map(([start, length]): AddressRange => ({ start, end: start + length }));
  fc.assert(
    fc.property(fc.array(buffer, { maxLength: 1 }), (given) => {
      const { ranges, cutBytes } = selectPages(given, 4096);
      return totalBytes(ranges) + BigInt(cutBytes) === totalBytes(given);
    }),
  );
  t.pass();
});

test('two buffers that meet inside a page keep that page', (t) => {
  const { ranges, cutBytes } = selectPages(
    [
      { start: 0n, end: 6000n },
      { start: 6000n, end: 12288n },
    ],
    4096,
  );
  t.deepEqual(ranges, [{ start: 0n, end: 12288n }]);
  t.is(cutBytes, 0);
});

test('a buffer without a whole page is cut entirely', (t) => {
  t.deepEqual(selectPages([{ start: 100n, end: 4000n }], 4096), { ranges: [], cutBytes: 3900 });
  t.is(rangeBytes({ start: 100n, end: 4000n }), 3900n);
});
