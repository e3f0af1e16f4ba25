// SPDX-License-Identifier: MIT
/** ksmd's real settings come back, however a driver ends. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import { recoverKsmSettings } from '../../src/backends/ksm/recover.js';
import { ksmFolder } from '../../src/proc/ksm-sysfs.js';
import { hostRoots } from '../../src/proc/reading.js';
import { driverOptions, driveOnce, ksmSettings, whyNoMerging } from './kernel.js';
import { startTwin } from './twins.js';

const reason = await whyNoMerging();
if (reason !== undefined) console.log(`SKIP-REASON settings of ksmd: ${reason}`);
const kernelTest = reason === undefined ? test : test.skip;

const advisor = (await ksmSettings().catch(() => undefined))?.advisor_mode !== undefined;
if (!advisor) console.log("SKIP-REASON ksm advisor: this kernel's KSM has none");
const advisorTest = advisor ? kernelTest : test.skip;

async function startDriver(t: ExecutionContext, stateFile: string): Promise<ChildProcess> {
  const program = fileURLToPath(new URL('programs/drive.js', import.meta.url));
  const child = spawn(process.execPath, [program, stateFile], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.teardown(() => child.kill('SIGKILL'));
  // Something has to be open to merging, or the driver ends by itself.
  await startTwin(t, { mebibytes: 4, seed: 'settings', how: 'advise' });
  await once(child.stdout, 'data');
  return child;
}

kernelTest(
  'a driver that is killed leaves a record, from which the next one restores',
  async (t) => {
    const before = await ksmSettings();
    const { stateFile } = driverOptions(t);
    const child = await startDriver(t, stateFile);
    t.is((await ksmSettings()).run, 1);
    const exit = once(child, 'exit');
    child.kill('SIGKILL');
    await exit;
    t.is((await ksmSettings()).run, 1);
    t.true(existsSync(stateFile));

    const recovery = await recoverKsmSettings({ roots: hostRoots, stateFile });

    t.is(recovery.kind, 'recovered');
    t.deepEqual(await ksmSettings(), before);
    t.false(existsSync(stateFile));
  },
);

kernelTest('a program that just exits restores on its way out', async (t) => {
  const before = await ksmSettings();
  const { stateFile } = driverOptions(t);
  const child = await startDriver(t, stateFile);
  const exit = once(child, 'exit');
  child.kill('SIGUSR2');
  t.deepEqual(await exit, [3, null]);
  t.deepEqual(await ksmSettings(), before);
  t.false(existsSync(stateFile));
});

kernelTest('what somebody else changed meanwhile survives a program that just exits', async (t) => {
  const before = await ksmSettings();
  const file = join(ksmFolder(hostRoots), 'sleep_millisecs');
  t.teardown(() => {
    writeFileSync(file, String(before.sleep_millisecs));
  });
  const { stateFile } = driverOptions(t);
  const child = await startDriver(t, stateFile);
  const exit = once(child, 'exit');
  // Both at once: the driver has no tick left to notice it.
  writeFileSync(file, '77');
  child.kill('SIGUSR2');
  await exit;
  t.deepEqual(await ksmSettings(), { ...before, sleep_millisecs: 77 });
});

advisorTest('an advisor is switched off for a drive and on again after it', async (t) => {
  const file = join(ksmFolder(hostRoots), 'advisor_mode');
  writeFileSync(file, 'scan-time');
  t.teardown(() => {
    writeFileSync(file, 'none');
    writeFileSync(join(ksmFolder(hostRoots), 'pages_to_scan'), '100');
  });
  const before = await ksmSettings();
  t.is(before.advisor_mode, 'scan-time');
  await startTwin(t, { mebibytes: 4, seed: 'advisor', how: 'advise' });
  t.is((await driveOnce(t)).kind, 'observing');
  let during: string | undefined;
  const end = await driveOnce(t, {
    decision: 'always',
    onProgress: (status) => (during = status.applied?.advisorMode),
  });
  t.is(end.kind, 'converged');
  t.is(during, 'none');
  t.is((await ksmSettings()).advisor_mode, 'scan-time');
});
