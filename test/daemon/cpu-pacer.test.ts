// SPDX-License-Identifier: MIT
import test from 'ava';
import { createCpuPacer } from '../../src/daemon/cpu-pacer.js';
import { makeClock } from './fake-clock.js';

test('keeps to its share whatever single steps cost', async (t) => {
  const clock = makeClock();
  const pacer = createCpuPacer({ clock, share: 0.05, burstSeconds: 0.1 });
  const { signal } = new AbortController();
  const began = clock.monotonic();
  for (let step = 0; step < 200; step += 1) {
    await pacer.ready(signal);
    await pacer.charge(() => {
      clock.work(step % 10 === 0 ? 0.2 : 0.001);
      return Promise.resolve();
    });
  }
  const seconds = (clock.monotonic() - began) / 1000;
  const share = pacer.chargedSeconds() / seconds;
  t.true(share > 0.045 && share < 0.052, `used ${share}`);
});

test('does not wait while there is something left from a quiet time', async (t) => {
  const clock = makeClock();
  const pacer = createCpuPacer({ clock, share: 0.01, burstSeconds: 1 });
  const began = clock.monotonic();
  for (let step = 0; step < 10; step += 1) {
    await pacer.ready(new AbortController().signal);
    await pacer.charge(async () => {
      clock.work(0.05);
      await Promise.resolve();
    });
  }
  t.is(clock.monotonic() - began, 500);
});

test('a step that fails is charged too', async (t) => {
  const clock = makeClock();
  const pacer = createCpuPacer({ clock, share: 0.5, burstSeconds: 1 });
  await t.throwsAsync(
    pacer.charge(() => {
      clock.work(0.25);
      return Promise.reject(new Error('no'));
    }),
  );
  t.is(pacer.chargedSeconds(), 0.25);
});

test('waiting ends when it is called off', async (t) => {
  const clock = makeClock();
  const pacer = createCpuPacer({ clock, share: 0.01, burstSeconds: 0 });
  await pacer.charge(async () => {
    clock.work(1);
    await Promise.resolve();
  });
  await pacer.ready(AbortSignal.abort());
  t.pass();
});

test('a share that is none is refused', (t) => {
  for (const share of [0, -1, 1.1, NaN]) {
    t.throws(() => createCpuPacer({ clock: makeClock(), share, burstSeconds: 1 }), {
      instanceOf: RangeError,
    });
  }
});
