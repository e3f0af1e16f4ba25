// SPDX-License-Identifier: MIT
import test from 'ava';
import { readFile } from 'node:fs/promises';
import { format, resolveConfig } from 'prettier';
import { parseCommandLine } from '../../src/daemon/command-line.js';
import { withReference } from '../../src/daemon/config-reference.js';
import { settings } from '../../src/daemon/config-settings.js';
import { nearestName } from '../../src/daemon/nearest-name.js';
import { UpmError } from '../../src/errors.js';

test('flags are those of the settings', (t) => {
  t.deepEqual(
    parseCommandLine(['--config', 'f', '--listen', 'unix:/x', '--sampler-cpu-budget', '0.1']),
    {
      kind: 'run',
      configFile: 'f',
      flags: new Map([
        ['--listen', 'unix:/x'],
        ['--sampler-cpu-budget', '0.1'],
      ]),
    },
  );
  t.is(parseCommandLine(['--check-config']).kind, 'check-config');
});

test('what is wrong is said in one line', (t) => {
  const usage = { instanceOf: UpmError, code: 'ERR_UPM_USAGE' };
  for (const words of [['--nope'], ['extra'], ['--listen']]) {
    const error = t.throws(() => parseCommandLine(words), usage);
    t.regex(error.message, /^[^\n]+\(see upmd --help\)$/u);
  }
});

test('every setting is described, and every variable and flag is there once', (t) => {
  for (const { path, description } of settings) t.not(description, '', path.join('.'));
  for (const key of ['env', 'flag'] as const) {
    const names = settings.flatMap((setting) => setting[key] ?? []);
    t.is(new Set(names).size, names.length);
  }
});

test('guesses near names only', (t) => {
  t.is(nearestName('intervalSecond', ['cpuBudget', 'intervalSeconds']), 'intervalSeconds');
  t.is(nearestName('CPUBUDGET', ['cpuBudget']), 'cpuBudget');
  t.is(nearestName('zebra', ['listen', 'ksm']), undefined);
});

test('docs/upmd.md lists the settings of the schema', async (t) => {
  const path = new URL('../../../docs/upmd.md', import.meta.url);
  const page = await readFile(path, 'utf8');
  const options = await resolveConfig(path);
  const expected = await format(withReference(page), { ...options, parser: 'markdown' });
  t.is(page, expected, 'run "node scripts/docs.mjs"');
});
