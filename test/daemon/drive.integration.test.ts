// SPDX-License-Identifier: MIT
/** The daemon notices functions that opened their memory, merges it, and gives ksmd back. */
import test, { type ExecutionContext } from 'ava';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { configFile, getUntil, startUpmdProcess, temporaryFolder } from './upmd-process.js';

const command = fileURLToPath(new URL('../../src/cli/bin.js', import.meta.url));
const settingNames = ['run', 'pages_to_scan', 'sleep_millisecs', 'advisor_mode'] as const;
const mebibyte = 1024 * 1024;

function ksmSetting(name: string): string {
  try {
    return readFileSync(`/sys/kernel/mm/ksm/${name}`, 'utf8').trim();
  } catch {
    return 'absent';
  }
}

const drivable = process.getuid?.() === 0 && ksmSetting('run') === '0';
if (!drivable) console.log('SKIP-REASON driving ksmd: needs root, and a ksmd that nobody manages');
const kernelTest = drivable ? test : test.skip;

/** Holds 16 MiB that every instance fills alike, with a different content in each page. */
const program = `
const held = Buffer.alloc(16 << 20);
for (let page = 0; page < held.length; page += 4096) held.fill('page ' + page, page, page + 4096);
globalThis.held = held;
setInterval(() => {}, 1000);
console.log('loaded');
`;

async function startInstance(t: ExecutionContext, name: string): Promise<void> {
  const words = [command, 'run', '--', process.execPath, '-e', program, name];
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  t.teardown(async () => {
    child.kill('SIGKILL');
    await exited;
  });
  await once(child.stdout, 'data');
}

function savedBytes(metrics: string, name: string): number {
  const pattern = new RegExp(`^upm_function_saved_bytes.*function="${name}"\\} (\\S+)$`, 'mu');
  return Number(pattern.exec(metrics)?.[1] ?? 0);
}

kernelTest('merges what functions opened, reports it, and restores ksmd', async (t) => {
  const before = settingNames.map(ksmSetting);
  const name = `upmd-drive-${process.pid}`;
  const stateFile = join(await temporaryFolder(t), 'state', 'ksm.json');
  const file = await configFile(
    t,
    `sampler: { intervalSeconds: 1, cpuBudget: 0.2 }
functions: { rules: [{ match: { command: '(upmd-drive-\\d+)$' }, function: $1 }] }
ksm: { drive: auto, cpuBudget: 0.5, stateFile: ${stateFile} }
`,
  );
  const upmd = startUpmdProcess(t, ['--config', file, '--listen', '127.0.0.1:0']);
  const address = await upmd.address;
  await startInstance(t, name);
  await startInstance(t, name);
  const { body } = await getUntil(
    address,
    '/metrics',
    (reply) => savedBytes(reply.body, name) > 7 * mebibyte,
  );
  t.regex(body, new RegExp(`^upm_function_instances.*function="${name}"\\} 2$`, 'mu'));
  upmd.kill('SIGTERM');
  t.deepEqual(await upmd.ended, { status: 0, errors: '' });
  t.deepEqual(settingNames.map(ksmSetting), before);
});

kernelTest(
  'drives once whoever managed ksmd has stopped, without any further advice',
  async (t) => {
    const before = settingNames.map(ksmSetting);
    const run = '/sys/kernel/mm/ksm/run';
    t.teardown(() => {
      writeFileSync(run, '0');
    });
    const stateFile = join(await temporaryFolder(t), 'state', 'ksm.json');
    const file = await configFile(
      t,
      `sampler: { intervalSeconds: 1, cpuBudget: 0.2 }
functions: { rules: [{ match: { command: '(upmd-drive-\\d+)$' }, function: $1 }] }
ksm: { drive: auto, cpuBudget: 0.5, stateFile: ${stateFile} }
`,
    );
    // Managed by somebody else: as slowly as ksmd goes, so that nothing is merged meanwhile.
    writeFileSync('/sys/kernel/mm/ksm/pages_to_scan', '1');
    writeFileSync(run, '1');
    t.teardown(() => {
      writeFileSync('/sys/kernel/mm/ksm/pages_to_scan', before[1] ?? '100');
    });
    const upmd = startUpmdProcess(t, ['--config', file, '--listen', '127.0.0.1:0']);
    const address = await upmd.address;
    await startInstance(t, `upmd-drive-${process.pid}`);
    const driver = (body: string): { readonly mode: string; readonly converged: number } =>
      (JSON.parse(body) as { driver: { mode: string; converged: number } }).driver;
    await getUntil(address, '/api/v1/host', ({ body }) => driver(body).mode === 'observing');
    writeFileSync(run, '0');
    await getUntil(address, '/api/v1/host', ({ body }) => driver(body).converged > 0);
    upmd.kill('SIGTERM');
    t.deepEqual(await upmd.ended, { status: 0, errors: '' });
    t.is(ksmSetting('pages_to_scan'), '1');
  },
);
