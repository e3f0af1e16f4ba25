// SPDX-License-Identifier: MIT
import { existsSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { createKsmDriver, type KsmDriverOptions } from '../../../src/backends/ksm/driver.js';
import type { KsmDriver } from '../../../src/backends/ksm/driver-status.js';
import { makeFakeKsm, type FakeKsm } from '../../fake-ksm.js';

function driverOf(fake: FakeKsm, options: Partial<KsmDriverOptions> = {}): KsmDriver {
  return createKsmDriver({
    roots: fake.roots,
    stateFile: fake.stateFile,
    decision: 'auto',
    budget: 0.5,
    pageSize: 4096,
    ...options,
  });
}

/** Stands in for ksmd: each tick of the driver it ends a full scan, and merges until `pages` are. */
function scanOnTick(fake: FakeKsm, pages: number): () => void {
  return () => {
    if (fake.get('run') !== 1) return;
    fake.set('full_scans', fake.get('full_scans') + 1);
    fake.set('pages_sharing', Math.min(pages, fake.get('pages_sharing') + 1000));
  };
}

function settings(fake: FakeKsm): readonly number[] {
  return [fake.get('run'), fake.get('pages_to_scan'), fake.get('sleep_millisecs')];
}

test('drives until scans are quiet, then gives the settings back', async (t) => {
  const fake = makeFakeKsm();
  t.teardown(fake.remove);
  const seen: number[] = [];
  const scan = scanOnTick(fake, 3000);
  const driver = driverOf(fake, {
    onProgress: (status) => {
      seen.push(status.applied?.pagesToScan ?? 0);
      t.is(fake.get('run'), 1);
      t.true(existsSync(fake.stateFile));
      scan();
    },
  });
  driver.kick();
  const end = await driver.settled();
  t.is(end.kind, 'converged');
  t.true(seen.length >= 4 && (seen[0] ?? 0) > 100);
  t.deepEqual(settings(fake), [0, 100, 20]);
  t.false(existsSync(fake.stateFile));
  t.is(driver.status().converged, 1);
  t.is(driver.status().mergedBytes, 3000 * 4096);
  await driver.close();
});

test('does not touch anything before the first kick, nor when told never to', async (t) => {
  const fake = makeFakeKsm();
  t.teardown(fake.remove);
  const idle = driverOf(fake);
  const never = driverOf(fake, { decision: 'never' });
  never.kick();
  t.is((await never.settled()).kind, 'observing');
  t.is((await idle.settled()).kind, 'observing');
  t.deepEqual(settings(fake), [0, 100, 20]);
  t.is(never.status().mode, 'observing');
  t.is(idle.status().mode, 'idle');
  await idle.close();
});

for (const [who, values] of [
  ['a running ksmd', { run: 1 }],
  ['an operator who had everything unmerged', { run: 2 }],
] as const) {
  test(`observes ${who}, unless told to drive always`, async (t) => {
    const fake = makeFakeKsm(values);
    t.teardown(fake.remove);
    const observer = driverOf(fake);
    observer.kick();
    const end = await observer.settled();
    t.is(end.kind, 'observing');
    t.deepEqual(settings(fake), [values.run, 100, 20]);
    t.false(existsSync(fake.stateFile));

    const scan = scanOnTick(fake, 0);
    const driver = driverOf(fake, { decision: 'always', onProgress: scan });
    driver.kick();
    t.is((await driver.settled()).kind, 'converged');
    t.deepEqual(settings(fake), [values.run, 100, 20]);
  });
}

test('observes an advisor, unless told to drive always', async (t) => {
  const fake = makeFakeKsm();
  t.teardown(fake.remove);
  fake.set('advisor_mode', 'none [scan-time]');
  const driver = driverOf(fake);
  driver.kick();
  const end = await driver.settled();
  t.like(end, { kind: 'observing', reason: "the kernel's scan-time advisor manages ksmd" });
});

test('gives way to somebody who changes the settings during a drive', async (t) => {
  const fake = makeFakeKsm();
  t.teardown(fake.remove);
  const driver = driverOf(fake, {
    onProgress: () => {
      fake.set('sleep_millisecs', 200);
    },
  });
  driver.kick();
  const end = await driver.settled();
  t.like(end, { kind: 'observing', reason: 'somebody else changed sleepMillisecs' });
  t.deepEqual(settings(fake), [0, 100, 200]);
});

test('a second driver observes the first', async (t) => {
  const fake = makeFakeKsm();
  t.teardown(fake.remove);
  const first = driverOf(fake);
  first.kick();
  while (fake.get('run') !== 1) await new Promise((resolve) => setTimeout(resolve, 5));
  const second = driverOf(fake, { decision: 'always' });
  second.kick();
  t.is((await second.settled()).kind, 'observing');
  await first.close();
  t.is((await first.settled()).kind, 'closed');
  t.deepEqual(settings(fake), [0, 100, 20]);
});

test('closing in the middle of a drive restores, and later kicks do nothing', async (t) => {
  const fake = makeFakeKsm();
  t.teardown(fake.remove);
  const driver = driverOf(fake);
  driver.kick();
  await new Promise((resolve) => setTimeout(resolve, 400));
  t.is(driver.status().mode, 'driving');
  await driver.close();
  t.deepEqual(settings(fake), [0, 100, 20]);
  driver.kick();
  t.is((await driver.settled()).kind, 'closed');
  t.deepEqual(settings(fake), [0, 100, 20]);
});

test('gives up after the time limit, with the settings restored', async (t) => {
  const fake = makeFakeKsm({ pages_unshared: 5 });
  t.teardown(fake.remove);
  const lines: string[] = [];
  const driver = driverOf(fake, { timeoutSeconds: 0.6, log: (_level, line) => lines.push(line) });
  driver.kick();
  t.is((await driver.settled()).kind, 'timeout');
  t.is(driver.status().timedOut, 1);
  t.true(lines.some((line) => line.includes('gave up')));
  t.deepEqual(settings(fake), [0, 100, 20]);
});

test('a kick during a drive starts the count of scans anew', async (t) => {
  const fake = makeFakeKsm();
  t.teardown(fake.remove);
  let ticks = 0;
  const driver = driverOf(fake, {
    onProgress: () => {
      ticks += 1;
      fake.set('full_scans', fake.get('full_scans') + 1);
      if (ticks === 3) driver.kick();
    },
  });
  driver.kick();
  t.is((await driver.settled()).kind, 'converged');
  t.true(ticks >= 6, `${ticks} ticks`);
});

test('without KSM it is blocked, and says why', async (t) => {
  const fake = makeFakeKsm();
  fake.remove();
  const driver = driverOf(fake);
  driver.kick();
  t.is((await driver.settled()).kind, 'blocked');
  t.is(driver.status().mode, 'blocked');
  t.regex(driver.status().reason, /KSM/);
});

test('a budget that is no share of a core is refused at once', (t) => {
  const fake = makeFakeKsm();
  t.teardown(fake.remove);
  for (const budget of [0, -1, 1.5, Number.NaN]) {
    t.throws(() => driverOf(fake, { budget }), { instanceOf: RangeError });
  }
});

test('settings that could not be restored are restored by the next drive', async (t) => {
  const fake = makeFakeKsm();
  t.teardown(fake.remove);
  const ksm = join(fake.roots.sys, 'kernel/mm/ksm');
  let ticks = 0;
  const driver = driverOf(fake, {
    onProgress: () => {
      ticks += 1;
      if (ticks === 1) renameSync(ksm, `${ksm}-away`);
      else fake.set('full_scans', ticks);
    },
  });
  driver.kick();
  t.is((await driver.settled()).kind, 'blocked');
  t.true(existsSync(fake.stateFile));
  renameSync(`${ksm}-away`, ksm);
  driver.kick();
  t.is((await driver.settled()).kind, 'converged');
  t.deepEqual(settings(fake), [0, 100, 20]);
  t.false(existsSync(fake.stateFile));
});

test('says when another kick is worth while: not after convergence, but after a manager was there', async (t) => {
  const fake = makeFakeKsm({ run: 1 });
  t.teardown(fake.remove);
  const driver = driverOf(fake, { onProgress: scanOnTick(fake, 0) });
  t.false(driver.status().waiting);
  driver.kick();
  t.is((await driver.settled()).kind, 'observing');
  t.true(driver.status().waiting);
  fake.set('run', 0);
  driver.kick();
  t.is((await driver.settled()).kind, 'converged');
  t.false(driver.status().waiting);
});
