// SPDX-License-Identifier: MIT
import { randomBytes } from 'node:crypto';
import test from 'ava';
import fc from 'fast-check';
import { native } from '../../src/native/addon.js';
import { startHolder } from './holder.js';
import {
  detach,
  fillPage,
  hasPython,
  pagedMemory,
  pageSize,
  systemError,
  unchecked,
  type PagedMemory,
} from './support.js';

const addon = native();
const { absent, hashed, zero, unreadable } = addon.pageStates;
const page = BigInt(pageSize);
const key = randomBytes(32);
const present = 1n << 63n;

const pythonTest = hasPython ? test : test.skip;
if (!hasPython) console.log('SKIP-REASON python3, which prepares unreadable memory, is missing');

async function hash(memory: PagedMemory, withKey: Uint8Array = key) {
  return addon.hashPages(0, memory.address, memory.bytes.length, withKey);
}

async function presentPages(memory: PagedMemory): Promise<readonly boolean[]> {
  const entries = await addon.readPagemap(0, memory.address, memory.bytes.length / pageSize);
  return Array.from(entries, (entry) => (entry & present) !== 0n);
}

test('equal pages have equal hashes and different pages different ones', async (t) => {
  const memory = pagedMemory(4);
  for (const [index, seed] of [1, 2, 1, 3].entries()) fillPage(memory.bytes, index, seed);
  const { hashes, states } = await hash(memory);
  t.deepEqual([...states], [hashed, hashed, hashed, hashed]);
  t.is(hashes[0], hashes[2]);
  t.is(new Set(hashes).size, 3);
});

test('a hash depends on every byte of its page and on no other', async (t) => {
  const memory = pagedMemory(3);
  memory.bytes.fill(1);
  const before = (await hash(memory)).hashes;
  await fc.assert(
    fc.asyncProperty(fc.nat(pageSize - 1), fc.integer({ min: 2, max: 255 }), async (at, value) => {
      memory.bytes[pageSize + at] = value;
      const after = (await hash(memory)).hashes;
      memory.bytes[pageSize + at] = 1;
      t.is(after[0], before[0]);
      t.not(after[1], before[1]);
      t.is(after[2], before[2]);
    }),
    { numRuns: 200 },
  );
});

test('another key gives other hashes; the same key gives the same', async (t) => {
  const memory = pagedMemory(2);
  fillPage(memory.bytes, 0, 1);
  memory.bytes[pageSize] = 0;
  const first = await hash(memory);
  const again = await hash(memory, Uint8Array.from(key));
  const other = await hash(memory, randomBytes(32));
  t.deepEqual(again.hashes, first.hashes);
  t.not(other.hashes[0], first.hashes[0]);
  t.not(other.hashes[1], first.hashes[1]);
});

test('a page of zeros is told apart, and hashed too', async (t) => {
  const memory = pagedMemory(3);
  memory.bytes[0] = 0;
  memory.bytes[pageSize] = 0;
  memory.bytes[2 * pageSize - 1] = 1;
  memory.bytes[2 * pageSize] = 0;
  const { hashes, states } = await hash(memory);
  t.deepEqual([...states], [zero, hashed, zero]);
  t.is(hashes[0], hashes[2]);
  t.not(hashes[0], 0n);
});

test('pages that are not present stay so, and are reported as absent', async (t) => {
  const memory = pagedMemory(2000);
  for (const index of [0, 3, 700, 1024, 1999]) fillPage(memory.bytes, index, index);
  const before = await presentPages(memory);
  t.is(before.filter(Boolean).length, 5);
  const { hashes, states } = await hash(memory);
  t.deepEqual(await presentPages(memory), before);
  t.deepEqual(
    Array.from(states, (state) => state !== absent),
    before,
  );
  t.deepEqual(
    Array.from(hashes, (value) => value !== 0n),
    before,
  );
});

test('ranges longer than a batch are hashed in order', async (t) => {
  const memory = pagedMemory(1500);
  for (let i = 0; i < 1500; i++) fillPage(memory.bytes, i, i % 13);
  const { hashes } = await hash(memory);
  const one = hashes.slice(0, 13);
  t.is(new Set(one).size, 13);
  t.true(hashes.every((value, index) => value === one[index % 13]));
});

test('unmapped memory is absent, up to the last page of the address space', async (t) => {
  for (const address of [0n, page, 2n ** 63n, 2n ** 64n - 2n * page]) {
    const { states } = await addon.hashPages(0, address, page, key);
    t.deepEqual([...states], [absent]);
  }
});

test('an empty range gives empty arrays', async (t) => {
  const { hashes, states } = await addon.hashPages(0, page, 0, key);
  t.is(hashes.length, 0);
  t.is(states.length, 0);
});

test('the key is copied before the call returns', async (t) => {
  const memory = pagedMemory(1);
  fillPage(memory.bytes, 0, 9);
  const expected = await hash(memory);
  const borrowed = new Uint8Array(32);
  borrowed.set(key);
  const pending = hash(memory, borrowed);
  borrowed.fill(0);
  detach(borrowed.buffer);
  t.deepEqual(await pending, expected);
});

test('memory of another process has the hashes that equal memory has here', async (t) => {
  const holder = await startHolder(t, 600);
  const memory = pagedMemory(600);
  for (let i = 0; i < 600; i += 2) fillPage(memory.bytes, i, i);
  const there = await addon.hashPages(holder.pid, holder.address, 600 * pageSize, key);
  const here = await hash(memory);
  t.deepEqual(there, here);
  t.deepEqual([...there.states.slice(0, 4)], [hashed, absent, hashed, absent]);
});

test('a process that ends is gone: ESRCH', async (t) => {
  const holder = await startHolder(t, 4);
  await holder.stop();
  const error = await t.throwsAsync(addon.hashPages(holder.pid, holder.address, page, key));
  t.is(Reflect.get(error, 'code'), 'ESRCH');
  const unknown = await t.throwsAsync(addon.hashPages(2 ** 31 - 1, page, page, key));
  t.like(unknown, systemError('open', 'ESRCH'));
});

pythonTest(
  'pages that their own process may not read are hashed like others, or said to be unreadable',
  async (t) => {
    const holder = await startHolder(t, 300, 'protected');
    const { hashes, states } = await addon.hashPages(
      holder.pid,
      holder.address,
      300 * pageSize,
      key,
    );
    // Which of the two depends on the kernel: proc_mem.force_override.
    const hidden = [0, 1, 5, 64, 65, 200, 299];
    for (const [index, state] of states.entries()) {
      if (hidden.includes(index)) t.true(state === hashed || state === unreadable, String(index));
      else t.is(state, hashed, String(index));
      if (state === unreadable) t.is(hashes[index], 0n);
    }
    t.is(new Set(hashes.filter((_, index) => states[index] === hashed)).size, 1);
  },
);

test('memory that is being freed meanwhile is no fault', async (t) => {
  const pending: Promise<unknown>[] = [];
  for (let i = 0; i < 20; i++) {
    const buffer = new ArrayBuffer(8 * 1024 * 1024);
    const { address } = addon.locate(buffer);
    new Uint8Array(buffer).fill(1);
    const start = (address + page - 1n) & ~(page - 1n);
    pending.push(addon.hashPages(0, start, 8 * 1024 * 1024 - pageSize, key));
    // The clone becomes garbage at once; its memory goes with the next collection.
    detach(buffer);
  }
  t.is((await Promise.all(pending)).length, 20);
});

test('impossible values throw RangeError', (t) => {
  const range = { instanceOf: RangeError };
  for (const pid of [-1, 0.5, NaN, 2 ** 31, Infinity]) {
    t.throws(() => addon.hashPages(pid, page, page, key), range);
  }
  for (const address of [1n, page + 1n, -page, 2n ** 64n]) {
    t.throws(() => addon.hashPages(0, address, page, key), range);
  }
  const tooLong = (2n ** 24n + 1n) * page;
  for (const length of [1, pageSize - 1, -1, 0.5, NaN, 2 ** 53, -page, 2n ** 64n, tooLong]) {
    t.throws(() => addon.hashPages(0, page, length, key), range);
  }
  t.throws(() => addon.hashPages(0, 2n ** 64n - page, 2n * page, key), range);
  for (const size of [0, 1, 31, 33, 64]) {
    t.throws(() => addon.hashPages(0, page, page, new Uint8Array(size)), range);
  }
  const detached = new Uint8Array(32);
  detach(detached.buffer);
  t.throws(() => addon.hashPages(0, page, page, detached), { ...range, message: /detached/ });
});

test('arguments of another type throw TypeError', (t) => {
  const hashPages = unchecked('hashPages');
  const type = { instanceOf: TypeError };
  t.throws(() => hashPages(), type);
  t.throws(() => hashPages('0', page, page, key), type);
  t.throws(() => hashPages(0n, page, page, key), type);
  t.throws(() => hashPages(0, pageSize, page, key), type);
  t.throws(() => hashPages(0, page, null, key), type);
  const keys = [undefined, 'k'.repeat(32), [...key], new Int8Array(32), new ArrayBuffer(32)];
  for (const bad of keys) t.throws(() => hashPages(0, page, page, bad), type);
  t.throws(() => hashPages(0, page, page, new DataView(new ArrayBuffer(32))), type);
});
