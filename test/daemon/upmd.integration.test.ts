// SPDX-License-Identifier: MIT
import test from 'ava';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, statSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pino } from 'pino';
import { loadConfig } from '../../src/daemon/config.js';
import { startUpmd, type Upmd } from '../../src/daemon/upmd.js';
import {
  configFile,
  get,
  getUntil,
  startUpmdProcess,
  temporaryFolder,
  type Reply,
} from './upmd-process.js';

const anyPort = ['--listen', '127.0.0.1:0'];
const isReady = ({ status }: Reply): boolean => status === 200;

test('starts, samples real processes, and stops on SIGTERM with status 0', async (t) => {
  const name = `upmd-test-${process.pid}`;
  const worker = spawn('sleep', ['60'], { argv0: name, stdio: 'ignore' });
  t.teardown(() => worker.kill());
  await once(worker, 'spawn');
  const file = await configFile(
    t,
    `sampler: { intervalSeconds: 1 }
functions:
  rules: [{ match: { command: '^(upmd-test-\\d+) 60$' }, function: $1 }]
`,
  );
  const upmd = startUpmdProcess(t, ['--config', file, ...anyPort]);
  const address = await upmd.address;
  t.is((await get(address, '/healthz')).status, 200);
  await getUntil(address, '/readyz', isReady);
  const { body } = await getUntil(address, '/metrics', (reply) =>
    reply.body.includes('upm_function_proportional_bytes{'),
  );
  t.regex(body, new RegExp(`^upm_function_instances.*function="${name}"\\} 1$`, 'mu'));
  t.regex(body, new RegExp(`^upm_function_resident_bytes.*function="${name}"\\} [1-9]`, 'mu'));
  t.regex(body, /^process_resident_memory_bytes [1-9]/mu);
  const api = await get(address, '/api/v1/functions');
  t.regex(api.body, new RegExp(`"pid":${worker.pid}\\b`, 'u'));
  upmd.kill('SIGTERM');
  t.deepEqual(await upmd.ended, { status: 0, errors: '' });
});

test('serves on a unix socket that others cannot open, and removes it', async (t) => {
  const path = join(await temporaryFolder(t), 'upmd.sock');
  const upmd = startUpmdProcess(t, ['--listen', `unix:${path}`]);
  t.is(await upmd.address, `unix:${path}`);
  await getUntil(`unix:${path}`, '/healthz', isReady);
  t.is(statSync(path).mode & 0o777, 0o660);

  const second = await startUpmdProcess(t, ['--listen', `unix:${path}`]).ended;
  t.deepEqual(second, {
    status: 71,
    errors: `upmd: cannot listen on ${path}: another process answers there; is upmd running already?\n`,
  });
  t.is((await get(`unix:${path}`, '/healthz')).status, 200, 'the first one goes on');

  upmd.kill('SIGINT');
  t.deepEqual(await upmd.ended, { status: 0, errors: '' });
  t.false(existsSync(path));
});

test('replaces the socket of a crashed predecessor, and no other file', async (t) => {
  const folder = await temporaryFolder(t);
  const path = join(folder, 'upmd.sock');
  const first = startUpmdProcess(t, ['--listen', `unix:${path}`]);
  await first.address;
  first.kill('SIGKILL');
  await first.ended;
  t.true(existsSync(path));
  const second = startUpmdProcess(t, ['--listen', `unix:${path}`]);
  await getUntil(await second.address, '/healthz', isReady);

  const file = join(folder, 'file');
  await writeFile(file, 'precious');
  t.deepEqual(await startUpmdProcess(t, ['--listen', `unix:${file}`]).ended, {
    status: 71,
    errors: `upmd: cannot listen on ${file}: it exists and is no socket\n`,
  });
  t.true(existsSync(file));
});

test('a port in use is one line and status 71', async (t) => {
  const blocker = createServer().listen(0, '127.0.0.1');
  t.teardown(() => blocker.close());
  await once(blocker, 'listening');
  const { port } = blocker.address() as AddressInfo;
  t.deepEqual(await startUpmdProcess(t, ['--listen', `127.0.0.1:${port}`]).ended, {
    status: 71,
    errors: `upmd: cannot listen on 127.0.0.1:${port}: the address is in use; is upmd running already?\n`,
  });
});

test('mistakes of the user are one line each, with a status of their own', async (t) => {
  const file = await configFile(t, 'sampler:\n  intervalSeconds: 0\n  cpuBudgt: 1\n');
  const cases: readonly (readonly [readonly string[], number, string])[] = [
    [
      ['--config', file],
      78,
      `upmd: ${file}:3:3: sampler.cpuBudgt: unknown key; did you mean "cpuBudget"?\n` +
        `upmd: ${file}:2:20: sampler.intervalSeconds: must be >= 1, not 0\n`,
    ],
    [['--frobnicate'], 64, "upmd: unknown option '--frobnicate' (see upmd --help)\n"],
    [['--ksm-cpu-budget', '2'], 64, 'upmd: --ksm-cpu-budget: must be <= 1, not 2\n'],
    [
      ['--config', '/nowhere.yaml'],
      66,
      'upmd: cannot read the configuration /nowhere.yaml: ENOENT: no such file or directory\n',
    ],
    [
      [...anyPort, '--proc-root', '/usr'],
      66,
      'upmd: procRoot /usr is no procfs: it shows no processes\n',
    ],
  ];
  for (const [words, status, errors] of cases) {
    t.deepEqual(await startUpmdProcess(t, words).ended, { status, errors });
  }
});

test('prints the configuration that results', async (t) => {
  const upmd = startUpmdProcess(t, ['--check-config', '--sampler-interval-seconds', '7']);
  t.deepEqual(await upmd.ended, { status: 0, errors: '' });
  t.true(upmd.log.includes('  intervalSeconds: 7'), upmd.log.join('\n'));
});

test('two daemons in one process keep to themselves', async (t) => {
  const logger = pino({ level: 'silent' });
  const start = async (name: string): Promise<Upmd> => {
    const file = await configFile(
      t,
      `functions: { rules: [{ match: { comm: '.' }, function: ${name} }] }\n`,
    );
    const config = await loadConfig({
      file,
      environment: {},
      flags: new Map([['--listen', '127.0.0.1:0']]),
    });
    const upmd = await startUpmd(config, logger);
    t.teardown(() => upmd.close());
    return upmd;
  };
  const [left, right] = [await start('left'), await start('right')];
  const hasFunctions = ({ body }: Reply): boolean => body.includes('upm_function_instances{');
  const leftText = await getUntil(left.address, '/metrics', hasFunctions);
  const rightText = await getUntil(right.address, '/metrics', hasFunctions);
  t.notRegex(leftText.body, /function="right"/u);
  t.notRegex(rightText.body, /function="left"/u);
  await left.close();
  await left.close();
  await t.throwsAsync(get(left.address, '/healthz'), { code: 'ECONNREFUSED' });
  t.is((await get(right.address, '/healthz')).status, 200);
});
