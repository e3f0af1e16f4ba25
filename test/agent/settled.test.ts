// SPDX-License-Identifier: MIT
import { setTimeout as sleep } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { watchSettled } from '../../agent/node/settled.js';

const mebibyte = 1024 * 1024;

interface Watched {
  /** `first` of each call. */
  readonly calls: boolean[];
  readonly lines: string[];
  stop(): void;
}

/** Plays back sizes in MiB, the last one for ever, and waits until all were looked at. */
async function watch(
  t: ExecutionContext,
  sizes: readonly number[],
  onSettled: () => 'go on' | 'stop' = () => 'go on',
): Promise<Watched> {
  const calls: boolean[] = [];
  const lines: string[] = [];
  let looks = 0;
  const stop = watchSettled({
    intervalMilliseconds: 1,
    residentBytes: () => (sizes[Math.min(looks++, sizes.length - 1)] ?? 0) * mebibyte,
    onSettled: (first) => {
      calls.push(first);
      return Promise.resolve(onSettled());
    },
    say: (line) => lines.push(line),
  });
  t.teardown(stop);
  for (let waited = 0; looks < sizes.length + 3 && waited < 400; waited += 1) await sleep(5);
  return { calls, lines, stop };
}

test('growth is not settled, a plateau is, and it is told once', async (t) => {
  t.deepEqual((await watch(t, [50, 100, 200, 400, 400, 401, 400])).calls, [true]);
});

test('a plateau after further growth is told again, as not the first', async (t) => {
  t.deepEqual((await watch(t, [100, 100, 150, 200, 200, 200])).calls, [true, false]);
});

test('a little growth is no news', async (t) => {
  t.deepEqual((await watch(t, [100, 100, 103, 103, 104, 104])).calls, [true]);
});

test('a process that is never still counts as loaded after a while', async (t) => {
  const restless = Array.from({ length: 20 }, (_, look) => (look % 2 ? 100 : 200));
  t.deepEqual((await watch(t, restless)).calls[0], true);
});

test('the watch ends when told so', async (t) => {
  const { calls } = await watch(t, [100, 100, 200, 200, 300, 300], () => 'stop');
  t.deepEqual(calls, [true]);
});

test('an error ends the watch with one line', async (t) => {
  const { calls, lines } = await watch(t, [100, 100, 200, 200, 300, 300], () => {
    throw new Error('no luck');
  });
  t.is(calls.length, 1);
  t.deepEqual(lines, ['hook stopped, the function runs without it: no luck']);
});
