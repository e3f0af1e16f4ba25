// SPDX-License-Identifier: MIT
import test from 'ava';
import { undoApplied, undoCrashed, writeSettings } from '../../../src/backends/ksm/settings.js';
import { makeFakeKsm } from '../../fake-ksm.js';

const original = { run: 0, pagesToScan: 100, sleepMillisecs: 20 };
const applied = { run: 1, pagesToScan: 5000, sleepMillisecs: 10 };

test('a drive is undone value by value', (t) => {
  t.deepEqual(undoApplied(original, applied, applied), { write: original, foreign: [] });
});

test('what somebody else changed during a drive is theirs', (t) => {
  t.deepEqual(undoApplied(original, applied, { ...applied, pagesToScan: 777 }), {
    write: { run: 0, sleepMillisecs: 20 },
    foreign: ['pagesToScan'],
  });
});

test('what is already as it was needs no write', (t) => {
  t.deepEqual(undoApplied(original, applied, { ...original, run: 1 }), {
    write: { run: 0 },
    foreign: [],
  });
});

test('after a crash any batch size is put back, because it changed many times', (t) => {
  t.deepEqual(undoCrashed(original, { run: 1, pagesToScan: 31_337, sleepMillisecs: 10 }), {
    write: original,
    foreign: [],
  });
});

test('after a crash, run stays as a person has set it since', (t) => {
  t.deepEqual(undoCrashed(original, { run: 2, pagesToScan: 5000, sleepMillisecs: 10 }), {
    write: { pagesToScan: 100, sleepMillisecs: 20 },
    foreign: ['run'],
  });
});

test('the advisor is switched back on after the batch size is written', (t) => {
  const advised = { ...original, advisorMode: 'scan-time' };
  const undo = undoApplied(
    advised,
    { ...applied, advisorMode: 'none' },
    {
      ...applied,
      advisorMode: 'none',
    },
  );
  t.is(undo.write.advisorMode, 'scan-time');
});

test('settings are written to the files of the kernel', async (t) => {
  const fake = makeFakeKsm();
  t.teardown(fake.remove);
  await writeSettings(fake.roots, { run: 1, pagesToScan: 640 });
  t.is(fake.get('run'), 1);
  t.is(fake.get('pages_to_scan'), 640);
  t.is(fake.get('sleep_millisecs'), 20);
});
