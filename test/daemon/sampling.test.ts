// SPDX-License-Identifier: MIT
import test, { type ExecutionContext } from 'ava';
import type { Attributor } from '../../src/accounting/attribution.js';
import { createCpuPacer } from '../../src/daemon/cpu-pacer.js';
import { createSampling, type Sampling } from '../../src/daemon/sampling.js';
import { makeClock, type FakeClock } from './fake-clock.js';
import { makeHost, noMerge, type FakeHost } from './fake-host.js';
import { makeProc, type FakeProc } from './fake-proc.js';

const attributor: Attributor = {
  attribute: ({ arguments: [first = '', name = ''] }) =>
    first === 'function' ? { namespace: 'default', function: name } : undefined,
};

interface Bench {
  readonly proc: FakeProc;
  readonly clock: FakeClock;
  readonly host: FakeHost;
  readonly sampling: Sampling;
  readonly signal: AbortSignal;
  readonly kicks: () => number;
}

interface Limits {
  readonly share?: number;
  readonly maxProcesses?: number;
}

function makeBench(t: ExecutionContext, { share = 1, maxProcesses = 100 }: Limits = {}): Bench {
  const proc = makeProc(t);
  const clock = makeClock();
  const host = makeHost({ savedBytes: 300, sharedBytes: 100 });
  let kicks = 0;
  const sampling = createSampling({
    roots: proc.roots,
    host,
    attributor,
    clock,
    pacer: createCpuPacer({ clock, share, burstSeconds: share * 10 }),
    intervalSeconds: 10,
    slowReadMilliseconds: 20,
    maxProcesses,
    onAdvisedMemory: () => {
      kicks += 1;
    },
  });
  return { proc, clock, host, sampling, signal: new AbortController().signal, kicks: () => kicks };
}

const named = (name: string): readonly string[] => ['function', name];

test('reads the memory of functions and of nothing else', async (t) => {
  const { proc, sampling, signal, host } = makeBench(t);
  const read: number[] = [];
  host.onRead = (pid) => read.push(pid);
  proc.put({ pid: 10, arguments: named('a'), rssKilobytes: 3000, pssKilobytes: 2000 });
  proc.put({ pid: 11, arguments: named('a'), rssKilobytes: 1000, pssKilobytes: 500 });
  proc.put({ pid: 12, arguments: ['sshd'] });
  proc.put({ pid: 13, arguments: named('dead'), state: 'Z' });
  const snapshot = await sampling.round(signal);
  t.deepEqual(read, [10, 11]);
  t.like(snapshot.functions, [
    {
      function: 'a',
      instances: 2,
      sampledInstances: 2,
      residentBytes: 4000 * 1024,
      proportionalBytes: 2500 * 1024,
      uniqueBytes: 1000 * 1024,
      advisedBytes: 0,
    },
  ]);
  t.is(snapshot.functions.length, 1);
  t.is(snapshot.listing.kind, 'value');
});

test('a process that vanished is no error, and its function goes with it', async (t) => {
  const { proc, sampling, signal } = makeBench(t);
  proc.put({ pid: 10, arguments: named('a') });
  t.is((await sampling.round(signal)).functions.length, 1);
  proc.remove(10);
  const snapshot = await sampling.round(signal);
  t.deepEqual(snapshot.functions, []);
  t.deepEqual(snapshot.processes, []);
});

test('a process that ends while it is read is counted as gone', async (t) => {
  const { proc, sampling, signal, host } = makeBench(t);
  proc.put({ pid: 10, arguments: named('a') });
  host.onRead = () => {
    proc.remove(10);
  };
  const snapshot = await sampling.round(signal);
  t.is(snapshot.unreadable.gone, 1);
  t.deepEqual(snapshot.functions, []);
});

test('a pid given to another process while it was read is not mixed up', async (t) => {
  const { proc, sampling, signal, host } = makeBench(t);
  proc.put({ pid: 10, startTime: 100, arguments: named('a') });
  host.onRead = () => {
    proc.put({ pid: 10, startTime: 999, arguments: named('b'), rssKilobytes: 7777 });
  };
  const first = await sampling.round(signal);
  t.deepEqual(first.functions, []);
  t.is(first.unreadable.gone, 1);
  host.onRead = () => undefined;
  const second = await sampling.round(signal);
  t.like(second.functions, [{ function: 'b', residentBytes: 7777 * 1024 }]);
});

test('a pid given to another process between rounds is attributed anew', async (t) => {
  const { proc, sampling, signal } = makeBench(t);
  proc.put({ pid: 10, startTime: 100, arguments: named('a') });
  await sampling.round(signal);
  proc.put({ pid: 10, startTime: 200, arguments: named('b') });
  t.like((await sampling.round(signal)).functions, [{ function: 'b', instances: 1 }]);
});

test('an exec that changes the name is noticed in the next round', async (t) => {
  const { proc, sampling, signal } = makeBench(t);
  proc.put({ pid: 10, comm: 'sh', arguments: ['sh'] });
  t.deepEqual((await sampling.round(signal)).functions, []);
  proc.put({ pid: 10, comm: 'python3', arguments: named('a') });
  t.like((await sampling.round(signal)).functions, [{ function: 'a' }]);
});

test('an exec that keeps the name is noticed within some rounds', async (t) => {
  const { proc, sampling, signal, clock } = makeBench(t);
  proc.put({ pid: 10, arguments: ['other'] });
  for (let round = 0; round < 6; round += 1) {
    await sampling.round(signal);
    clock.advance(10_000);
  }
  proc.put({ pid: 10, arguments: named('a') });
  let rounds = 0;
  for (; rounds < 40; rounds += 1) {
    if ((await sampling.round(signal)).functions.length > 0) break;
    clock.advance(10_000);
  }
  t.true(rounds <= 32, `noticed after ${rounds} rounds`);
});

test('looks at a young process do not use up the short pauses before the next looks', async (t) => {
  const { proc, sampling, signal, clock } = makeBench(t);
  proc.put({ pid: 10, arguments: ['launcher'] });
  await sampling.round(signal);
  for (let second = 0; second < 5; second += 1) {
    clock.advance(1000);
    await sampling.poll(signal);
  }
  // Later than a process is expected to exec, and with the name kept.
  proc.put({ pid: 10, arguments: named('a') });
  clock.advance(5000);
  t.like((await sampling.round(signal)).functions, [{ function: 'a' }]);
});

test('a process that is slow to read is read less often, and again oftener when it got fast', async (t) => {
  const { proc, sampling, signal, host, clock } = makeBench(t);
  proc.put({ pid: 10, arguments: named('slow') });
  let slow = true;
  let round = 0;
  const readIn: number[] = [];
  host.onRead = () => {
    readIn.push(round);
    if (slow) clock.advance(25);
  };
  for (round = 1; round <= 16; round += 1) await sampling.round(signal);
  t.deepEqual(readIn, [1, 3, 7, 15]);
  slow = false;
  readIn.length = 0;
  for (; round <= 60; round += 1) await sampling.round(signal);
  t.deepEqual(readIn.slice(0, 6), [31, 39, 43, 45, 46, 47]);
});

test('what the CPU budget does not allow is left for the next round, oldest first', async (t) => {
  // 10 seconds at 5 % are half a second; each read costs 0.2.
  const { proc, sampling, signal, host, clock } = makeBench(t, { share: 0.05 });
  for (let pid = 10; pid < 20; pid += 1) proc.put({ pid, arguments: named(`f${pid}`) });
  const read: number[] = [];
  host.onRead = (pid) => {
    read.push(pid);
    clock.work(0.2);
  };
  const began = clock.monotonic();
  const first = await sampling.round(signal);
  t.true(first.deferred > 0, `${first.deferred} deferred`);
  t.is(first.functions.length, 10, 'all instances are known all the same');
  const inFirst = read.length;
  await sampling.round(signal);
  t.is(read[inFirst], 10 + inFirst, 'the second round goes on where the first ended');
  for (let round = 0; round < 6; round += 1) await sampling.round(signal);
  t.is(new Set(read).size, 10, 'everything had its turn');
  const share = (read.length * 0.2) / ((clock.monotonic() - began) / 1000);
  t.true(share < 0.07, `used ${(share * 100).toFixed(1)} % of a core`);
});

test('more instances than allowed are counted and not read', async (t) => {
  const { proc, sampling, signal } = makeBench(t, { maxProcesses: 2 });
  for (const pid of [10, 11, 12]) proc.put({ pid, arguments: named('a') });
  const snapshot = await sampling.round(signal);
  t.is(snapshot.unreadable.limit, 1);
  t.like(snapshot.functions, [{ instances: 3, sampledInstances: 2 }]);
});

test('a list of processes that cannot be read is told', async (t) => {
  const { proc, host, clock } = makeBench(t);
  const sampling = createSampling({
    roots: { ...proc.roots, proc: `${proc.roots.proc}/nowhere` },
    host,
    attributor,
    clock,
    pacer: createCpuPacer({ clock, share: 1, burstSeconds: 1 }),
    intervalSeconds: 10,
    slowReadMilliseconds: 20,
    maxProcesses: 10,
  });
  const snapshot = await sampling.round(new AbortController().signal);
  t.is(snapshot.listing.kind, 'absent');
  t.is(snapshot.host.kind, 'value');
});

test('memory that is opened to merging is noticed, and so is its growth', async (t) => {
  const { proc, sampling, signal, host, kicks } = makeBench(t);
  proc.put({ pid: 10, arguments: named('a') });
  await sampling.round(signal);
  t.is(kicks(), 0);
  host.states.set(10, { ...noMerge, optedIn: true });
  proc.put({ pid: 10, arguments: named('a'), advisedKilobytes: 4096 });
  const snapshot = await sampling.round(signal);
  t.is(kicks(), 1);
  t.like(snapshot.functions, [{ advisedBytes: 4096 * 1024 }]);
  await sampling.round(signal);
  t.is(kicks(), 1, 'nothing new');
  proc.put({ pid: 10, arguments: named('a'), advisedKilobytes: 4096 + 512 });
  await sampling.round(signal);
  t.is(kicks(), 1, 'too little to pay');
  proc.put({ pid: 10, arguments: named('a'), advisedKilobytes: 8192 });
  await sampling.round(signal);
  t.is(kicks(), 2);
});

test('a poll notices a new instance that opts in, without reading its memory', async (t) => {
  const { proc, sampling, signal, host, kicks } = makeBench(t);
  await sampling.round(signal);
  proc.put({ pid: 10, arguments: named('a') });
  host.states.set(10, { ...noMerge, optedIn: true });
  await sampling.poll(signal);
  t.is(kicks(), 1);
  await sampling.poll(signal);
  t.is(kicks(), 1);
});

test('the saving of the host is shared out among instances', async (t) => {
  const { proc, sampling, signal, host } = makeBench(t);
  proc.put({ pid: 10, arguments: named('a') });
  proc.put({ pid: 11, arguments: named('b') });
  host.states.set(10, { ...noMerge, optedIn: true, mergedBytes: 100 });
  host.states.set(11, { ...noMerge, optedIn: true, mergedBytes: 300 });
  const { functions, processes } = await sampling.round(signal);
  t.deepEqual(
    functions.map(({ savedBytes }) => savedBytes),
    [75, 225],
  );
  t.deepEqual(
    processes.map(({ savedBytes }) => savedBytes),
    [75, 225],
  );
});
