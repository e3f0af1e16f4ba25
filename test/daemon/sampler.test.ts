// SPDX-License-Identifier: MIT
import test from 'ava';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '../../src/daemon/clock.js';
import { createSampler, type SamplerOptions } from '../../src/daemon/sampler.js';
import { makeHost } from './fake-host.js';
import { makeProc, type FakeProc } from './fake-proc.js';

function optionsFor(proc: FakeProc): SamplerOptions {
  return {
    roots: proc.roots,
    host: makeHost(),
    attributor: { attribute: () => ({ namespace: 'default', function: 'f' }) },
    clock: systemClock,
    intervalSeconds: 0.02,
    cpuBudget: 1,
    slowReadMilliseconds: 1000,
    maxProcesses: 10,
    onError: () => undefined,
  };
}

test('samples at an interval until it is stopped', async (t) => {
  const proc = makeProc(t);
  proc.put({ pid: 10 });
  let rounds = 0;
  let third: () => void;
  const threeRounds = new Promise<void>((resolve) => (third = resolve));
  const sampler = createSampler({
    ...optionsFor(proc),
    onSnapshot: () => {
      rounds += 1;
      if (rounds === 3) third();
    },
  });
  t.is(sampler.snapshot(), undefined);
  sampler.start();
  sampler.start();
  await threeRounds;
  await sampler.stop();
  t.like(sampler.snapshot()?.functions, [{ function: 'f', instances: 1 }]);
  const after = rounds;
  await sleep(100);
  t.is(rounds, after);
});

test('a fault in a round does not end the sampler', async (t) => {
  const proc = makeProc(t);
  proc.put({ pid: 10 });
  const errors: unknown[] = [];
  let calls = 0;
  let done: () => void;
  const recovered = new Promise<void>((resolve) => (done = resolve));
  const sampler = createSampler({
    ...optionsFor(proc),
    attributor: {
      attribute() {
        calls += 1;
        if (calls === 1) throw new Error('attributor is broken');
        return { namespace: 'default', function: 'f' };
      },
    },
    onError: (error) => errors.push(error),
    onSnapshot: () => {
      done();
    },
  });
  sampler.start();
  await recovered;
  await sampler.stop();
  t.is(errors.length, 1);
  t.like(errors[0], { message: 'attributor is broken' });
});

test('stopping does not wait for the interval', async (t) => {
  const proc = makeProc(t);
  const sampler = createSampler({ ...optionsFor(proc), intervalSeconds: 3600 });
  sampler.start();
  await sleep(20);
  const began = performance.now();
  await sampler.stop();
  t.true(performance.now() - began < 1000);
});
