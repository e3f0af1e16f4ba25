// SPDX-License-Identifier: MIT
import test from 'ava';
import { native } from '../../src/native/addon.js';
import { startHolder } from './holder.js';
import { detach, pagedMemory, pageSize, systemError, unchecked } from './support.js';

const addon = native();
const page = BigInt(pageSize);
const present = 1n << 63n;

test('pagemap tells touched pages from untouched ones', async (t) => {
  const { bytes, address } = pagedMemory(6);
  bytes[1 * pageSize] = 1;
  bytes[4 * pageSize] = 1;
  const entries = await addon.readPagemap(0, address, 6);
  t.true(entries instanceof BigUint64Array);
  t.deepEqual(
    Array.from(entries, (entry) => (entry & present) !== 0n),
    [false, true, false, false, true, false],
  );
});

test('more pages than one read takes are in order', async (t) => {
  const pages = 70_000;
  const { bytes, address } = pagedMemory(pages);
  const touched = [0, 65_535, 65_536, 69_999];
  for (const index of touched) bytes[index * pageSize] = 1;
  const entries = await addon.readPagemap(0, address, pages);
  const found = [...entries.keys()].filter((index) => ((entries[index] ?? 0n) & present) !== 0n);
  t.deepEqual(found, touched);
});

test('entries beyond the address space are zero', async (t) => {
  t.deepEqual([...(await addon.readPagemap(0, 2n ** 63n, 3))], [0n, 0n, 0n]);
  t.deepEqual([...(await addon.readPagemap(0, 2n ** 64n - 2n * page, 1))], [0n]);
});

test('no pages give an empty array', async (t) => {
  t.is((await addon.readPagemap(0, page, 0)).length, 0);
});

test('the pagemap of another process is read', async (t) => {
  const holder = await startHolder(t, 4);
  const entries = await addon.readPagemap(holder.pid, holder.address, 4);
  t.deepEqual(
    Array.from(entries, (entry) => (entry & present) !== 0n),
    [true, false, true, false],
  );
  await holder.stop();
  const error = await t.throwsAsync(addon.readPagemap(holder.pid, holder.address, 4));
  t.is(Reflect.get(error, 'code'), 'ESRCH');
});

test('a process that never was gives ESRCH', async (t) => {
  const error = await t.throwsAsync(addon.readPagemap(2 ** 31 - 1, page, 1));
  t.like(error, systemError('open', 'ESRCH'));
});

test('impossible values throw RangeError', (t) => {
  const range = { instanceOf: RangeError };
  for (const pid of [-1, 1.5, NaN, 2 ** 31]) {
    t.throws(() => addon.readPagemap(pid, page, 1), range);
  }
  for (const address of [1n, -page, 2n ** 64n]) {
    t.throws(() => addon.readPagemap(0, address, 1), range);
  }
  for (const pages of [-1, 0.5, NaN, 2 ** 24 + 1, 2 ** 53, Infinity]) {
    t.throws(() => addon.readPagemap(0, page, pages), range);
  }
  t.throws(() => addon.readPagemap(0, 2n ** 64n - page, 1), range);
});

test('arguments of another type throw TypeError', (t) => {
  const readPagemap = unchecked('readPagemap');
  const readPageCounts = unchecked('readPageCounts');
  const type = { instanceOf: TypeError };
  t.throws(() => readPagemap(), type);
  t.throws(() => readPagemap('1', page, 1), type);
  t.throws(() => readPagemap(0, 4096, 1), type);
  t.throws(() => readPagemap(0, page, 1n), type);
  for (const bad of [undefined, [1n], new Uint32Array(1), new BigInt64Array(1), 1n]) {
    t.throws(() => readPageCounts(bad), type);
  }
});

test('frame numbers of more than 55 bits and detached arrays throw RangeError', (t) => {
  t.throws(() => addon.readPageCounts(new BigUint64Array([0n, 2n ** 55n])), {
    instanceOf: RangeError,
    message: /"frames"\[1\]/,
  });
  const frames = new BigUint64Array(1);
  detach(frames.buffer);
  t.throws(() => addon.readPageCounts(frames), { instanceOf: RangeError });
});

test('page counts are read, or refused by the kernel with an error that says so', async (t) => {
  const counts = addon.readPageCounts(new BigUint64Array([0n]));
  const outcome = await counts.then(
    (values) => values.length,
    (error: unknown) => (error instanceof Error ? Reflect.get(error, 'syscall') : error) as unknown,
  );
  t.true(outcome === 1 || outcome === 'open');
});
