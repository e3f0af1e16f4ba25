// SPDX-License-Identifier: MIT
import test from 'ava';
import { runProgram, sanitized } from './support.js';
import { loadNames } from './programs/leak.js';

// One forgotten allocation of 32 bytes a call exceeds this in the shortest of the loops.
const bound = 256 * 1024;

const leakTest = sanitized ? test.serial.skip : test.serial;
if (sanitized) console.log('SKIP-REASON the sanitizers keep freed memory; they look for leaks too');

for (const name of loadNames) {
  leakTest(`memory does not grow: ${name}`, async (t) => {
    t.timeout(120_000);
    const ended = await runProgram('leak', [name], { flags: ['--expose-gc'] });
    t.is(ended.stderr, '');
    t.log(`${name}: ${ended.stdout.trim()} bytes`);
    t.true(Number(ended.stdout) < bound, ended.stdout);
  });
}
