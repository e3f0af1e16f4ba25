// SPDX-License-Identifier: MIT
/** The hook in real Node processes. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import test from 'ava';

const register = fileURLToPath(new URL('../../agent/node/register.js', import.meta.url));

interface Ended {
  readonly stdout: string;
  readonly stderr: string;
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
}

function runHooked(script: string, environment: Readonly<Record<string, string>> = {}): Ended {
  return spawnSync(process.execPath, ['--import', register, '-e', script], {
    encoding: 'utf8',
    env: { ...process.env, NODE_OPTIONS: '', ...environment },
    timeout: 60_000,
  });
}

const printApi = 'console.log(typeof globalThis[Symbol.for("upm")]?.advise)';

test('programs find the library without depending on it', (t) => {
  t.like(runHooked(printApi), { status: 0, stdout: 'function\n', stderr: '' });
});

test('the library advises a buffer, and says what it cut', (t) => {
  const { stdout, status } = runHooked(
    `const bytes = new Uint8Array(4 << 20).fill(1);
     globalThis[Symbol.for('upm')].advise(bytes).then((result) => console.log(JSON.stringify(result)))`,
    { UPM_MODE: 'process' },
  );
  t.is(status, 0);
  const result = JSON.parse(stdout) as Record<string, number | string | readonly unknown[]>;
  if (result.backend === 'none') {
    t.is(result.advisedBytes, 0);
    return;
  }
  t.is(Number(result.advisedBytes) + Number(result.cutBytes), 4 << 20);
  t.true(Number(result.cutBytes) < 2 * 4096);
  t.deepEqual(result.refused, []);
});

test('nonsense is refused with an error that names it', (t) => {
  const { stdout } = runHooked(
    `globalThis[Symbol.for('upm')].advise('text').catch((error) => console.log(error.name))`,
  );
  t.is(stdout, 'TypeError\n');
});

test('UPM_DISABLE=1 leaves the process untouched', (t) => {
  t.like(runHooked(printApi, { UPM_DISABLE: '1' }), { status: 0, stdout: 'undefined\n' });
});

test('a child of the function is not the function', (t) => {
  t.like(runHooked(printApi, { UPM_MAIN_PID: '1' }), { status: 0, stdout: 'undefined\n' });
});

test('worker threads are left alone', (t) => {
  const { stdout, status } = runHooked(
    `const { Worker } = require('node:worker_threads');
     new Worker(${JSON.stringify(printApi)}, { eval: true });`,
  );
  t.is(status, 0);
  t.is(stdout, 'undefined\n');
});

test('the hook keeps no process alive', (t) => {
  const startedAt = performance.now();
  t.is(runHooked('0').status, 0);
  t.true(performance.now() - startedAt < 30_000);
});

test('an unknown policy is said and replaced', (t) => {
  const { stderr, status } = runHooked('0', { UPM_POLICY: 'everything' });
  t.is(status, 0);
  t.is(stderr, 'upm-advise: UPM_POLICY=everything is no policy; using weights\n');
});

test('a program runs on where the addon cannot be loaded', (t) => {
  const { stdout, status } = runHooked(
    `globalThis[Symbol.for('upm')].advise(new Uint8Array(8192)).then(
       (result) => console.log(result.backend), (error) => console.log(error.code))`,
    { UPM_ADDON: '/nonexistent/upm.node' },
  );
  t.is(status, 0);
  t.regex(stdout, /^(ERR_UPM_UNSUPPORTED|none)\n$/);
});

test('a program runs on where standard error takes nothing', (t) => {
  const words = [process.execPath, '--import', register, '-e', 'console.log("runs")'];
  const { status, stdout } = spawnSync('sh', ['-c', 'exec "$@" 2>/dev/full', 'sh', ...words], {
    encoding: 'utf8',
    env: { ...process.env, NODE_OPTIONS: '', UPM_POLICY: 'everything' },
  });
  t.is(status, 0);
  t.is(stdout, 'runs\n');
});
