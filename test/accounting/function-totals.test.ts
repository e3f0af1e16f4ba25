// SPDX-License-Identifier: MIT
import test from 'ava';
import fc from 'fast-check';
import {
  mergeStates,
  savingShare,
  totalsByFunction,
} from '../../src/accounting/function-totals.js';
import type { HostMergeCounters } from '../../src/backends/backend.js';
import { member, mergeState } from './samples.js';

const host = (sharedBytes: number, savedBytes: number): HostMergeCounters => ({
  sharedBytes,
  savedBytes,
  unmergeNeedBytes: savedBytes,
});

test('adds instances up by function, ordered by name', (t) => {
  const totals = totalsByFunction(
    [
      member('b', { rss: 10, pss: 5, unique: 1, advised: 3, merged: 2 }),
      member('a', { rss: 100, pss: 50, unique: 10, advised: 30, merged: 20 }),
      member('b', { rss: 20, pss: 15, unique: 2, advised: 4, merged: 6 }),
    ],
    undefined,
  );
  t.deepEqual(totals, [
    {
      namespace: 'default',
      function: 'a',
      instances: 1,
      sampledInstances: 1,
      residentBytes: 100,
      proportionalBytes: 50,
      uniqueBytes: 10,
      advisedBytes: 30,
      mergedBytes: 20,
      savedBytes: undefined,
    },
    {
      namespace: 'default',
      function: 'b',
      instances: 2,
      sampledInstances: 2,
      residentBytes: 30,
      proportionalBytes: 20,
      uniqueBytes: 3,
      advisedBytes: 7,
      mergedBytes: 8,
      savedBytes: undefined,
    },
  ]);
});

test('an instance without a sample counts as an instance and nothing else', (t) => {
  t.like(totalsByFunction([member('a'), member('a', { rss: 7 })], undefined), [
    { instances: 2, sampledInstances: 1, residentBytes: 7 },
  ]);
});

test('what no instance can tell is undefined, not 0', (t) => {
  const share = savingShare(host(1, 1), []);
  t.like(totalsByFunction([member('a', { rss: 7 })], share), [
    { advisedBytes: undefined, mergedBytes: undefined, savedBytes: undefined },
  ]);
});

test('functions whose names only look alike when joined are kept apart', (t) => {
  const totals = totalsByFunction(
    [
      { function: { namespace: 'a/b', function: 'c' } },
      { function: { namespace: 'a', function: 'b/c' } },
    ],
    undefined,
  );
  t.is(totals.length, 2);
});

test('each reference saves the same part of a frame', (t) => {
  // 4 processes share 1 page of 100: one frame kept, three saved.
  const share = savingShare(
    host(100, 300),
    [100, 100, 100, 100].map((merged) => mergeState(merged)),
  );
  t.is(share?.(mergeState(100)), 75);
});

test('zero pages are saved whole, and not shared out a second time', (t) => {
  const states = [mergeState(200, 50), mergeState(200)];
  // 400 of references: 100 kept, 300 saved; and 50 of zero pages in the saved counter.
  const share = savingShare(host(100, 350), states);
  t.deepEqual(
    states.map((state) => share?.(state)),
    [200, 150],
  );
});

test('zero pages of unseen processes are not given to those seen', (t) => {
  // 400 of references: 100 kept, 300 saved; and 60 of zero pages, 10 of them in the process seen.
  const seen = mergeState(200, 10);
  const share = savingShare({ ...host(100, 360), zeroBytes: 60 }, [seen]);
  t.is(share?.(seen), 160);
});

test('nothing merged gives nothing saved', (t) => {
  t.is(savingShare(host(0, 0), [])?.(mergeState(0)), 0);
});

test('without counters of the host no share is known', (t) => {
  t.is(savingShare(undefined, [mergeState(1)]), undefined);
});

test('the share of unseen processes is missing from the sum, not given to others', (t) => {
  const share = savingShare(host(100, 300), [mergeState(100)]);
  t.is(share?.(mergeState(100)), 75);
});

/** Frames with how many references each has in each of three processes, and zero pages. */
const pages = fc.record({
  frames: fc.array(fc.tuple(fc.nat(5), fc.nat(5), fc.nat(5)), { maxLength: 30 }),
  zero: fc.tuple(fc.nat(9), fc.nat(9), fc.nat(9)),
});

test('the totals of all functions add up to what the host saved', (t) => {
  fc.assert(
    fc.property(pages, ({ frames, zero }) => {
      const size = 4096;
      const used = frames.filter((counts) => counts.some((count) => count > 0));
      const merged = [0, 1, 2].map((index) =>
        used.reduce((sum, counts) => sum + (counts[index] ?? 0), 0),
      );
      const references = merged.reduce((sum, count) => sum + count, 0);
      const zeroPages = zero.reduce((sum, count) => sum + count, 0);
      const saved = (references - used.length + zeroPages) * size;
      const members = merged.map((count, index) =>
        member(`f${index % 2}`, { merged: count * size, zero: (zero[index] ?? 0) * size }),
      );
      const share = savingShare(host(used.length * size, saved), mergeStates(members));
      const total = totalsByFunction(members, share).reduce(
        (sum, { savedBytes }) => sum + (savedBytes ?? 0),
        0,
      );
      return Math.abs(total - saved) < 1e-3;
    }),
  );
  t.pass();
});

test('the sum never claims more than was saved, however old the samples are', (t) => {
  fc.assert(
    fc.property(
      fc.nat(1e9),
      fc.nat(1e9),
      fc.array(fc.nat(1e9), { maxLength: 20 }),
      (shared, saved, merged) => {
        const states = merged.map((bytes) => mergeState(bytes));
        const share = savingShare(host(shared, saved), states);
        const sum = states.reduce((total, state) => total + (share?.(state) ?? 0), 0);
        return sum <= saved + 1e-3;
      },
    ),
  );
  t.pass();
});
