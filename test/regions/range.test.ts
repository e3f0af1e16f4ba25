// SPDX-License-Identifier: MIT
import test from 'ava';
import fc from 'fast-check';
import {
  alignInward,
  joinRanges,
  rangeBytes,
  totalBytes,
  type AddressRange,
} from '../../src/regions/range.js';

const page = 4096;

const range = fc
  .tuple(fc.bigInt({ min: 0n, max: 2n ** 47n }), fc.bigInt({ min: 0n, max: 1n << 20n }))
  .map(([start, length]): AddressRange => ({ start, end: start + length }));

/** Small addresses, so that ranges overlap and touch often. */
const crowded = fc
  .tuple(fc.bigInt({ min: 0n, max: 60n }), fc.bigInt({ min: 0n, max: 12n }))
  .map(([start, length]): AddressRange => ({ start, end: start + length }));

function bytesIn(ranges: readonly AddressRange[]): ReadonlySet<bigint> {
  const bytes = new Set<bigint>();
  for (const { start, end } of ranges) for (let at = start; at < end; at += 1n) bytes.add(at);
  return bytes;
}

test('aligning inward keeps only whole pages of the range, and accounts for the rest', (t) => {
  fc.assert(
    fc.property(range, (given) => {
      const { range: kept, cutBytes } = alignInward(given, page);
      const keptBytes = kept ? rangeBytes(kept) : 0n;
      if (kept) {
        if (kept.start < given.start || kept.end > given.end) return false;
        if (kept.start % 4096n !== 0n || kept.end % 4096n !== 0n || keptBytes === 0n) return false;
        // One more page at either end would stick out.
        if (kept.start - 4096n >= given.start || kept.end + 4096n <= given.end) return false;
      }
      return keptBytes + cutBytes === rangeBytes(given);
    }),
  );
  t.pass();
});

test('a range inside one page has no page of its own', (t) => {
  t.deepEqual(alignInward({ start: 4100n, end: 8191n }, page), {
    range: undefined,
    cutBytes: 4091n,
  });
});

test('an aligned range is kept whole', (t) => {
  const aligned = { start: 8192n, end: 16384n };
  t.deepEqual(alignInward(aligned, page), { range: aligned, cutBytes: 0n });
});

test('joined ranges hold the same bytes, sorted, with a gap between any two', (t) => {
  fc.assert(
    fc.property(fc.array(crowded, { maxLength: 12 }), (ranges) => {
      const joined = joinRanges(ranges);
      const gaps = joined.every((each, index) => {
        const before = joined[index - 1];
        return each.start < each.end && (before === undefined || before.end < each.start);
      });
      const expected = bytesIn(ranges);
      const actual = bytesIn(joined);
      return (
        gaps &&
        expected.size === actual.size &&
        [...expected].every((at) => actual.has(at)) &&
        totalBytes(joined) === BigInt(expected.size)
      );
    }),
  );
  t.pass();
});

test('joining does not change its argument', (t) => {
  const given = [
    { start: 10n, end: 20n },
    { start: 0n, end: 10n },
  ];
  t.deepEqual(joinRanges(given), [{ start: 0n, end: 20n }]);
  t.deepEqual(given[0], { start: 10n, end: 20n });
});
