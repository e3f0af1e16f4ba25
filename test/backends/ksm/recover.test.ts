// SPDX-License-Identifier: MIT
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import test from 'ava';
import { recoverKsmSettings } from '../../../src/backends/ksm/recover.js';
import {
  createRecord,
  loadRecord,
  ownRecord,
  type SettingsRecord,
} from '../../../src/backends/ksm/settings-record.js';
import { makeFakeKsm, type FakeKsm } from '../../fake-ksm.js';

const original = { run: 0, pagesToScan: 100, sleepMillisecs: 20 };

/** A record as a crashed driver leaves it, with changes. */
async function leaveRecord(fake: FakeKsm, change: Partial<SettingsRecord> = {}): Promise<void> {
  const own = await ownRecord(fake.roots, original);
  const { pid } = spawnSync('true');
  const record = { ...own, owner: { ...own.owner, pid }, ...change };
  mkdirSync(dirname(fake.stateFile), { recursive: true });
  writeFileSync(fake.stateFile, JSON.stringify(record), { mode: 0o600 });
}

test('without a record there is nothing to do', async (t) => {
  const fake = makeFakeKsm({ run: 1 });
  t.teardown(fake.remove);
  t.deepEqual(await recoverKsmSettings(fake), { kind: 'nothing-to-recover' });
  t.is(fake.get('run'), 1);
});

test('the settings of a driver that died are restored, and its record goes', async (t) => {
  const fake = makeFakeKsm({ run: 1, pages_to_scan: 40_000, sleep_millisecs: 10 });
  t.teardown(fake.remove);
  await leaveRecord(fake);
  t.deepEqual(await recoverKsmSettings(fake), { kind: 'recovered', restored: original, kept: [] });
  t.deepEqual(
    [fake.get('run'), fake.get('pages_to_scan'), fake.get('sleep_millisecs')],
    [0, 100, 20],
  );
  t.false(existsSync(fake.stateFile));
});

test('a living driver is left alone', async (t) => {
  const fake = makeFakeKsm({ run: 1 });
  t.teardown(fake.remove);
  await createRecord(fake.stateFile, await ownRecord(fake.roots, original));
  t.deepEqual(await recoverKsmSettings(fake), { kind: 'in-use', pid: process.pid, self: true });
  t.is(fake.get('run'), 1);
  t.true(existsSync(fake.stateFile));
});

test('a pid that was given to another process since is a dead driver', async (t) => {
  const fake = makeFakeKsm({ run: 1 });
  t.teardown(fake.remove);
  const own = await ownRecord(fake.roots, original);
  await leaveRecord(fake, { owner: { ...own.owner, startTimeTicks: '1' } });
  t.is((await recoverKsmSettings(fake)).kind, 'recovered');
});

test('a record from before the last boot restores nothing', async (t) => {
  const fake = makeFakeKsm({ run: 1 });
  t.teardown(fake.remove);
  await leaveRecord(fake, { bootId: 'another boot' });
  t.deepEqual(await recoverKsmSettings(fake), { kind: 'outdated' });
  t.is(fake.get('run'), 1);
  t.false(existsSync(fake.stateFile));
});

test('the owner of a record from another pid namespace cannot be judged', async (t) => {
  const fake = makeFakeKsm({ run: 1 });
  t.teardown(fake.remove);
  const own = await ownRecord(fake.roots, original);
  await leaveRecord(fake, { owner: { ...own.owner, pidNamespace: 'pid:[1]' } });
  t.is((await recoverKsmSettings(fake)).kind, 'in-use');
  t.is(fake.get('run'), 1);
});

test('a file that is no record is reported, and neither obeyed nor removed', async (t) => {
  const fake = makeFakeKsm({ run: 1 });
  t.teardown(fake.remove);
  mkdirSync(dirname(fake.stateFile), { recursive: true });
  for (const content of ['', '{"version":1}', 'run=0', '{"version":2}']) {
    writeFileSync(fake.stateFile, content, { mode: 0o600 });
    await t.throwsAsync(recoverKsmSettings(fake), {
      code: 'ERR_UPM_SYSTEM',
      message: /not a record/,
    });
    t.is(readFileSync(fake.stateFile, 'utf8'), content);
  }
});

test('only one of many creates the record, and it is whole', async (t) => {
  const fake = makeFakeKsm();
  t.teardown(fake.remove);
  const record = await ownRecord(fake.roots, original);
  const results = await Promise.all(
    Array.from({ length: 20 }, () => createRecord(fake.stateFile, record)),
  );
  t.is(results.filter(Boolean).length, 1);
  t.deepEqual(await loadRecord(fake.stateFile), record);
});

test('a record that others could have written or linked is not obeyed', async (t) => {
  const fake = makeFakeKsm({ run: 1 });
  t.teardown(fake.remove);
  const refused = { message: /cannot read the record/ };
  await leaveRecord(fake);
  chmodSync(fake.stateFile, 0o666);
  await t.throwsAsync(recoverKsmSettings(fake), refused);
  chmodSync(fake.stateFile, 0o600);
  renameSync(fake.stateFile, `${fake.stateFile}.moved`);
  symlinkSync(`${fake.stateFile}.moved`, fake.stateFile);
  await t.throwsAsync(recoverKsmSettings(fake), refused);
  t.is(fake.get('run'), 1);
});

test('values that ksmd has no use for make it no record', async (t) => {
  const fake = makeFakeKsm({ run: 1 });
  t.teardown(fake.remove);
  for (const bad of [{ run: 3 }, { pagesToScan: -1 }, { advisorMode: 'none\nmore' }]) {
    await leaveRecord(fake, { original: { ...original, ...bad } });
    await t.throwsAsync(recoverKsmSettings(fake), { message: /not a record/ });
  }
});
