// SPDX-License-Identifier: MIT
/** `upm-advise run` in real processes: it becomes the command, and never gets in its way. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import test from 'ava';
import { runCli, cliProgram } from './run-cli.js';

test('the command takes the place of the launcher: same pid', async (t) => {
  const child = spawn(process.execPath, [cliProgram, 'run', '--', 'sh', '-c', 'echo $$'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [output] = (await once(child.stdout, 'data')) as [Buffer];
  t.is(Number(output.toString()), child.pid ?? 0);
});

test("the command's exit status is the launcher's", (t) => {
  t.is(runCli(['run', '--', 'sh', '-c', 'exit 42']).status, 42);
});

test('signals reach the command itself', async (t) => {
  const child = spawn(
    process.execPath,
    [cliProgram, 'run', '--', 'sh', '-c', 'echo on; sleep 60'],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  await once(child.stdout, 'data');
  const exit = once(child, 'exit');
  child.kill('SIGTERM');
  t.deepEqual(await exit, [null, 'SIGTERM']);
});

test('standard streams pass through', (t) => {
  const { stdout, status } = spawnSync(process.execPath, [cliProgram, 'run', '--', 'cat'], {
    input: 'through\n',
    encoding: 'utf8',
  });
  t.is(status, 0);
  t.is(stdout, 'through\n');
});

test('options after the command belong to the command, with or without a double dash', (t) => {
  for (const dash of [['--'], []]) {
    const { stdout } = runCli(['run', ...dash, 'echo', '--mode', '-v', '--', 'x']);
    t.is(stdout, '--mode -v -- x\n');
  }
});

test('a command that does not exist gives 127, one that cannot run 126', (t) => {
  t.like(runCli(['run', '--', 'no-such-command']), {
    status: 127,
    stderr: 'upm-advise: command not found: no-such-command\n',
  });
  const { status, stderr } = runCli(['run', '--', '/etc/passwd']);
  t.is(status, 126);
  t.regex(stderr, /^upm-advise: cannot run \/etc\/passwd: .*EACCES.*\n$/);
});

test('UPM_DISABLE=1 passes the environment on as it is', (t) => {
  const environment = { PATH: process.env.PATH ?? '', UPM_DISABLE: '1', ONLY: 'this' };
  const { stdout } = runCli(['run', '--', 'env'], environment);
  t.deepEqual(
    new Set(stdout.trim().split('\n')),
    new Set([...Object.entries(environment)].map((pair) => pair.join('='))),
  );
});

test('without the addon the command runs all the same, as a child, with one line', (t) => {
  const { status, stdout, stderr } = runCli(['run', '--', 'sh', '-c', 'echo runs; exit 5'], {
    PATH: process.env.PATH ?? '',
    UPM_ADDON: '/nonexistent/upm.node',
  });
  t.is(status, 5);
  t.is(stdout, 'runs\n');
  t.is(stderr.trim().split('\n').length, 1);
  t.regex(stderr, /cannot load the native addon .* runs as a child process and is not advised/);
});

test('a function is launched with the hook, and finds its library', (t) => {
  const { stdout, status } = runCli([
    'run',
    '--',
    process.execPath,
    '-e',
    'console.log(typeof globalThis[Symbol.for("upm")].advise, process.env.UPM_MAIN_PID == process.pid)',
  ]);
  t.is(status, 0);
  t.is(stdout, 'function true\n');
});

const mergeAny = readFileSync('/proc/self/status', 'utf8') && hasKsmStat();
const kernelTest = mergeAny ? test : test.skip;
if (!mergeAny) console.log('SKIP-REASON whole-process opt-in: /proc/PID/ksm_stat does not show it');

function hasKsmStat(): boolean {
  try {
    return readFileSync('/proc/self/ksm_stat', 'utf8').includes('ksm_merge_any');
  } catch {
    return false;
  }
}

kernelTest('all memory of the command is open to merging, or none if so told', (t) => {
  const words = ['cat', '/proc/self/ksm_stat'];
  t.regex(runCli(['run', '--', ...words]).stdout, /ksm_merge_any: yes/);
  t.regex(runCli(['run', '--mode', 'regions', '--', ...words]).stdout, /ksm_merge_any: no/);
});
