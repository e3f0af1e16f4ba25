// SPDX-License-Identifier: MIT
import test, { type ExecutionContext } from 'ava';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UpmError } from '../../src/errors.js';
import { loadConfig, type ConfigSources } from '../../src/daemon/config.js';
import type { Config } from '../../src/daemon/config-schema.js';

async function fileWith(t: ExecutionContext, text: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'upm-config-'));
  t.teardown(() => rm(folder, { recursive: true }));
  const file = join(folder, 'upmd.yaml');
  await writeFile(file, text);
  return file;
}

async function load(sources: Partial<ConfigSources> = {}): Promise<Config> {
  return await loadConfig({ environment: {}, flags: new Map(), ...sources });
}

/** The lines of the error, with the file's folder left out, and its code. */
async function mistakes(
  t: ExecutionContext,
  text: string,
  sources: Partial<ConfigSources> = {},
): Promise<readonly string[]> {
  const file = await fileWith(t, text);
  const error = await t.throwsAsync(load({ file, ...sources }), { instanceOf: UpmError });
  const lines = error.message.replaceAll(file, 'upmd.yaml').split('\n');
  return [error.code, ...lines];
}

test('without anything the defaults hold', async (t) => {
  t.deepEqual(await load(), {
    listen: { address: '127.0.0.1:9464', exposed: false, socketMode: '0660' },
    logLevel: 'info',
    procRoot: '/proc',
    sysRoot: '/sys',
    sampler: {
      intervalSeconds: 10,
      cpuBudget: 0.05,
      slowReadMilliseconds: 20,
      maxProcesses: 2000,
    },
    functions: { maxSeries: 500, rules: [] },
    ksm: {
      drive: 'never',
      cpuBudget: 0.5,
      timeoutSeconds: 300,
      stateFile: '/run/upm/ksm-settings.json',
    },
  });
});

test('a flag overrides a variable, which overrides the file, which overrides the default', async (t) => {
  const file = await fileWith(
    t,
    'sampler: { intervalSeconds: 2, cpuBudget: 0.2, maxProcesses: 2 }\n',
  );
  const { sampler } = await load({
    file,
    environment: { UPMD_SAMPLER_INTERVAL_SECONDS: '3', UPMD_SAMPLER_CPU_BUDGET: '0.3' },
    flags: new Map([['--sampler-interval-seconds', '4']]),
  });
  t.deepEqual(sampler, {
    intervalSeconds: 4,
    cpuBudget: 0.3,
    slowReadMilliseconds: 20,
    maxProcesses: 2,
  });
});

test('an empty variable and an empty section count as not set', async (t) => {
  const file = await fileWith(t, 'sampler:\n');
  const config = await load({ file, environment: { UPMD_LISTEN: '' } });
  t.is(config.sampler.intervalSeconds, 10);
  t.is(config.listen.address, '127.0.0.1:9464');
  t.deepEqual(await load({ file: await fileWith(t, '') }), await load());
});

test('a value out of range names file, line, column and key', async (t) => {
  t.deepEqual(await mistakes(t, '# sampling\nsampler:\n  intervalSeconds: 0\n'), [
    'ERR_UPM_CONFIG',
    'upmd.yaml:3:20: sampler.intervalSeconds: must be >= 1, not 0',
  ]);
});

test('a misspelt key is a mistake, with a guess at what was meant', async (t) => {
  const text = 'sampler:\n  intervalSecond: 5\nlistn: {}\nzebra: 1\n';
  t.deepEqual(await mistakes(t, text), [
    'ERR_UPM_CONFIG',
    'upmd.yaml:3:1: listn: unknown key; did you mean "listen"?',
    'upmd.yaml:4:1: zebra: unknown key; known are listen, logLevel, procRoot, sysRoot, sampler, functions, ksm',
    'upmd.yaml:2:3: sampler.intervalSecond: unknown key; did you mean "intervalSeconds"?',
  ]);
});

test('a wrong type says what is needed', async (t) => {
  const text = 'sampler: 5\nfunctions:\n  maxSeries: 1.5\n  rules: {}\nksm: { drive: yes }\n';
  t.deepEqual(await mistakes(t, text), [
    'ERR_UPM_CONFIG',
    'upmd.yaml:1:10: sampler: must be a section with keys, not 5',
    'upmd.yaml:3:14: functions.maxSeries: must be a whole number, not 1.5',
    'upmd.yaml:4:10: functions.rules: must be a list, not {}',
    'upmd.yaml:5:15: ksm.drive: must be one of never, auto, always, not "yes"',
  ]);
});

test('mistakes in rules name the rule', async (t) => {
  const text = [
    'functions:',
    '  rules:',
    '    - match: { cgroup: "/(a" }',
    '      function: f',
    '    - match: { command: x }',
    '',
  ].join('\n');
  t.deepEqual(await mistakes(t, text), [
    'ERR_UPM_CONFIG',
    'upmd.yaml:5:7: functions.rules[1]: needs the key "function"',
  ]);
  t.deepEqual(await mistakes(t, text.replace('x }', 'x }\n      function: $1')), [
    'ERR_UPM_CONFIG',
    'upmd.yaml:3:24: functions.rules[0].match.cgroup: not a regular expression: unterminated group',
    'upmd.yaml:6:17: functions.rules[1].function: no pattern has a group "1"',
  ]);
});

test('what is not YAML names the place', async (t) => {
  t.deepEqual(await mistakes(t, 'listen:\n  address: a\n  address: b\n'), [
    'ERR_UPM_CONFIG',
    'upmd.yaml:3:3: Map keys must be unique',
  ]);
  t.deepEqual(await mistakes(t, '- a\n'), [
    'ERR_UPM_CONFIG',
    'upmd.yaml:1:1: must be a section with keys, not ["a"]',
  ]);
});

test('mistakes in variables and flags name those', async (t) => {
  const environment = { UPMD_SAMPLER_CPU_BUDGET: '5 %' };
  t.deepEqual(await mistakes(t, '', { environment }), [
    'ERR_UPM_CONFIG',
    'UPMD_SAMPLER_CPU_BUDGET: must be a number, not "5 %"',
  ]);
  t.deepEqual(await mistakes(t, '', { flags: new Map([['--ksm-drive', 'maybe']]) }), [
    'ERR_UPM_USAGE',
    '--ksm-drive: must be one of never, auto, always, not "maybe"',
  ]);
});

test('an address that others may reach needs a word from the operator', async (t) => {
  const message =
    'other machines may reach "0.0.0.0:9464", and upmd has no authentication; ' +
    'set listen.exposed to true if that is meant';
  t.deepEqual(await mistakes(t, 'listen: { address: "0.0.0.0:9464" }\n'), [
    'ERR_UPM_CONFIG',
    `upmd.yaml:1:20: listen.address: ${message}`,
  ]);
  const file = await fileWith(t, 'listen: { address: "0.0.0.0:9464", exposed: true }\n');
  t.true((await load({ file })).listen.exposed);
});

test('a mode without quotes is refused rather than misread', async (t) => {
  const [, line] = await mistakes(t, 'listen: { socketMode: 0660 }\n');
  t.is(
    line,
    'upmd.yaml:1:23: listen.socketMode: must be a text (in quotes if it looks like something else), not 660',
  );
});

test('a file that is not there is told as such', async (t) => {
  await t.throwsAsync(load({ file: '/nowhere/upmd.yaml' }), {
    instanceOf: UpmError,
    code: 'ERR_UPM_NOT_FOUND',
    message: 'cannot read the configuration /nowhere/upmd.yaml: ENOENT: no such file or directory',
  });
});
