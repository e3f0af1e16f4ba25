// SPDX-License-Identifier: MIT
import test from 'ava';
import { native } from '../../src/native/addon.js';
import { runProgram, sanitized } from './support.js';

// `npm test` asks for more than `npm run check`; the sanitizers make each call several times slower.
const runs = sanitized ? 5_000 : Number(process.env.UPM_FUZZ_RUNS ?? 2_000);

const names = Object.entries(native())
  .filter(([, value]) => typeof value === 'function')
  .map(([name]) => name);

test('all functions are put to the test', (t) => {
  t.is(names.length, 14);
});

for (const name of names) {
  test.serial(`${name}() withstands ${runs} argument lists`, async (t) => {
    t.timeout(120_000);
    const ended = await runProgram('fuzz', [name, `${runs}`]);
    t.log(ended.stdout.trim());
    t.deepEqual(
      { code: ended.code, signal: ended.signal, stderr: ended.stderr },
      { code: 0, signal: null, stderr: '' },
      ended.stdout,
    );
  });
}
