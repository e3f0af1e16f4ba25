// SPDX-License-Identifier: MIT
import { readFileSync } from 'node:fs';
import test from 'ava';
import { native } from '../../src/native/addon.js';
import { detach, pagedMemory, pageSize, systemError, unchecked } from './support.js';

const addon = native();
const { MADV_HUGEPAGE, MADV_NOHUGEPAGE, MADV_MERGEABLE, MADV_UNMERGEABLE } = addon.advice;
const page = BigInt(pageSize);
const unmapped = page;

// A kernel without KSM knows no such advice.
const hasKsm = readFileSync('/proc/self/smaps', 'utf8').includes('VmFlags') && accepts();
function accepts(): boolean {
  const { address } = pagedMemory(1);
  try {
    addon.madvise(address, page, MADV_MERGEABLE);
    return true;
  } catch {
    return false;
  }
}
const ksmTest = hasKsm ? test : test.skip;
if (!hasKsm) console.log('SKIP-REASON this kernel has no KSM');

/** VmFlags of the mapping that starts at `address`. */
function flagsAt(address: bigint): readonly string[] {
  const start = address.toString(16).padStart(8, '0');
  const smaps = readFileSync('/proc/self/smaps', 'utf8');
  const entry = smaps.slice(smaps.search(new RegExp(`^${start}-`, 'm')));
  return /^VmFlags: (.*)$/m.exec(entry)?.[1]?.split(' ') ?? [];
}

test('the four advice numbers and the page size are those of the system', (t) => {
  t.deepEqual(Object.keys(addon.advice).sort(), [
    'MADV_HUGEPAGE',
    'MADV_MERGEABLE',
    'MADV_NOHUGEPAGE',
    'MADV_UNMERGEABLE',
  ]);
  t.is(new Set(Object.values(addon.advice)).size, 4);
  t.true(Number.isInteger(Math.log2(pageSize)));
  t.true(Object.isFrozen(addon.advice));
  t.deepEqual(addon.pageStates, { absent: 0, hashed: 1, zero: 2, unreadable: 3 });
});

ksmTest('MADV_MERGEABLE marks a mapping as mergeable and MADV_UNMERGEABLE takes it back', (t) => {
  const { address, bytes } = pagedMemory(8);
  addon.madvise(address, bytes.length, MADV_MERGEABLE);
  t.true(flagsAt(address).includes('mg'));
  addon.madvise(address, bytes.length, MADV_UNMERGEABLE);
  t.false(flagsAt(address).includes('mg'));
});

ksmTest('the length may be a number or a bigint, and is rounded up to pages', (t) => {
  const { address } = pagedMemory(8);
  for (const length of [1, 1n, pageSize, page]) {
    addon.madvise(address, length, MADV_MERGEABLE);
    t.true(flagsAt(address).includes('mg'));
    addon.madvise(address, length, MADV_UNMERGEABLE);
    t.false(flagsAt(address).includes('mg'));
  }
});

ksmTest('a length of zero changes nothing', (t) => {
  const { address } = pagedMemory(1);
  addon.madvise(address, 0, MADV_MERGEABLE);
  t.false(flagsAt(address).includes('mg'));
});

test('an unaligned address is refused by the kernel with EINVAL', (t) => {
  const { address } = pagedMemory(2);
  const error = t.throws(() => {
    addon.madvise(address + 1n, page, MADV_NOHUGEPAGE);
  });
  t.like(error, systemError('madvise', 'EINVAL'));
  t.regex(error.message, /^madvise: .+ \(EINVAL\)$/);
});

test('a range that is not mapped is refused with ENOMEM', (t) => {
  const error = t.throws(() => {
    addon.madvise(unmapped, page, MADV_NOHUGEPAGE);
  });
  t.like(error, systemError('madvise', 'ENOMEM'));
});

test('any other advice throws RangeError before the kernel sees it', (t) => {
  const { address, bytes } = pagedMemory(1);
  bytes[0] = 77;
  // 4 is MADV_DONTNEED, 8 is MADV_FREE: they would throw the content away.
  for (const advice of [0, 4, 8, 9, 21, 100, -1, 2 ** 31 - 1, 1.5, NaN, Infinity, 2 ** 40]) {
    t.throws(
      () => {
        addon.madvise(address, page, advice);
      },
      { instanceOf: RangeError },
    );
    t.throws(() => addon.madviseRanges(new BigUint64Array([address, page]), advice), {
      instanceOf: RangeError,
    });
  }
  t.is(bytes[0], 77);
});

test('impossible addresses and lengths throw RangeError', (t) => {
  const { address } = pagedMemory(1);
  const addresses = [-1n, -page, 2n ** 64n, 2n ** 64n + page, -(2n ** 64n), 2n ** 200n];
  for (const bad of addresses) {
    t.throws(
      () => {
        addon.madvise(bad, page, MADV_HUGEPAGE);
      },
      { instanceOf: RangeError },
    );
  }
  const lengths = [-1, -1n, 0.5, NaN, Infinity, -Infinity, 2 ** 53, 2n ** 64n, -(2n ** 63n)];
  for (const bad of lengths) {
    t.throws(
      () => {
        addon.madvise(address, bad, MADV_HUGEPAGE);
      },
      { instanceOf: RangeError },
    );
  }
});

test('a range that wraps around the address space throws RangeError', (t) => {
  const last = 2n ** 64n - page;
  const ranges: readonly (readonly [bigint, bigint])[] = [
    [page, last],
    [page, 2n ** 64n - 1n],
    [last, page],
    [last, 1n],
    [2n ** 63n, 2n ** 63n],
  ];
  for (const [address, length] of ranges) {
    t.throws(
      () => {
        addon.madvise(address, length, MADV_MERGEABLE);
      },
      { instanceOf: RangeError },
    );
    t.throws(
      () => addon.madviseRanges(new BigUint64Array([0n, 0n, address, length]), MADV_MERGEABLE),
      { instanceOf: RangeError, message: /range 1/ },
    );
  }
});

test('arguments of another type throw TypeError', (t) => {
  const madvise = unchecked('madvise');
  const madviseRanges = unchecked('madviseRanges');
  for (const bad of [undefined, null, 4096, '4096', {}, [], new Date(), Object(4096n)]) {
    t.throws(() => madvise(bad, 4096, MADV_MERGEABLE), { instanceOf: TypeError });
  }
  for (const bad of [undefined, null, '1', {}, Object(1), true]) {
    t.throws(() => madvise(page, bad, MADV_MERGEABLE), { instanceOf: TypeError });
  }
  for (const bad of [undefined, null, '12', 12n, {}]) {
    t.throws(() => madvise(page, 4096, bad), { instanceOf: TypeError });
    t.throws(() => madviseRanges(new BigUint64Array(2), bad), { instanceOf: TypeError });
  }
  const notWords = [undefined, [1n, 2n], new BigInt64Array(2), new Uint8Array(16), {}];
  for (const bad of [...notWords, new ArrayBuffer(16), new DataView(new ArrayBuffer(16))]) {
    t.throws(() => madviseRanges(bad, MADV_MERGEABLE), { instanceOf: TypeError });
  }
});

ksmTest('ranges are advised one by one; a refused one does not stop the others', async (t) => {
  const { address } = pagedMemory(8);
  const third = address + 4n * page;
  const ranges = [address, page, unmapped, page, third, 2n * page, address + 1n, page];
  const result = await addon.madviseRanges(new BigUint64Array(ranges), MADV_MERGEABLE);
  t.is(result.advised, 2);
  t.is(result.advisedBytes, 3n * page);
  t.like(result.failures[0], { index: 1, code: 'ENOMEM' });
  t.like(result.failures[1], { index: 3, code: 'EINVAL' });
  t.is(result.failures.length, 2);
  t.true(flagsAt(address).includes('mg'));
  t.true(flagsAt(third).includes('mg'));
});

test('no ranges are advised at once', async (t) => {
  t.deepEqual(await addon.madviseRanges(new BigUint64Array(0), MADV_NOHUGEPAGE), {
    advised: 0,
    advisedBytes: 0n,
    failures: [],
  });
});

test('the ranges are copied before the call returns', async (t) => {
  const { address } = pagedMemory(2);
  const ranges = new BigUint64Array([address, page]);
  const pending = addon.madviseRanges(ranges, MADV_NOHUGEPAGE);
  ranges.fill(unmapped);
  detach(ranges.buffer);
  t.is((await pending).advised, 1);
});

test('ranges in shared memory are accepted, also at an offset', async (t) => {
  const { address } = pagedMemory(2);
  const ranges = new BigUint64Array(new SharedArrayBuffer(64), 8, 2);
  ranges.set([address, page]);
  t.is((await addon.madviseRanges(ranges, MADV_NOHUGEPAGE)).advised, 1);
});

test('half a pair and a detached array throw RangeError', (t) => {
  t.throws(() => addon.madviseRanges(new BigUint64Array(3), MADV_MERGEABLE), {
    instanceOf: RangeError,
    message: /pairs/,
  });
  const detached = new BigUint64Array(2);
  detach(detached.buffer);
  t.throws(() => addon.madviseRanges(detached, MADV_MERGEABLE), {
    instanceOf: RangeError,
    message: /detached/,
  });
});
