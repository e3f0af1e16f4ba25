// SPDX-License-Identifier: MIT
/** The main job, played as a newcomer would; and ended in all ways in which people end things. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import type { DemoResult } from '../../demo/result.js';
import { readCmdline } from '../../src/proc/cmdline.js';
import { listPids } from '../../src/proc/processes.js';
import { hostRoots } from '../../src/proc/reading.js';
import { ksmSettings, whyNoMerging } from '../merging/kernel.js';

const reason = await whyNoMerging();
if (reason !== undefined) console.log(`SKIP-REASON the demo: ${reason}`);
const kernelTest = reason === undefined ? test : test.skip;

const demoProgram = fileURLToPath(new URL('../../demo/main.js', import.meta.url));
const programs = ['demo/function/server.js', 'src/daemon/bin.js', 'demo/tied.js'];

/** Processes of a demo that run now. */
async function demoProcesses(): Promise<ReadonlySet<number>> {
  const pids = await listPids(hostRoots);
  const found = new Set<number>();
  for (const pid of pids.kind === 'value' ? pids.value : []) {
    const cmdline = await readCmdline(hostRoots, pid);
    if (cmdline.kind !== 'value') continue;
    const words = cmdline.value.arguments;
    if (words.some((word) => programs.some((program) => word.endsWith(program)))) found.add(pid);
  }
  return found;
}

/** Processes that were not there before; waits a little for them to end. */
async function leftBehind(before: ReadonlySet<number>): Promise<readonly number[]> {
  let left: number[] = [];
  for (let attempt = 0; attempt < 60; attempt += 1) {
    left = [...(await demoProcesses())].filter((pid) => !before.has(pid));
    if (left.length === 0) break;
    await sleep(250);
  }
  return left;
}

function startDemo(t: ExecutionContext, words: readonly string[]): ChildProcess {
  // Killed outright, it leaves its pictures: in a folder that goes with the test.
  const folder = mkdtempSync(join(tmpdir(), 'upm-demo-test-'));
  const child = spawn(process.execPath, [demoProgram, ...words], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, TMPDIR: folder },
  });
  t.teardown(() => {
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });
  return child;
}

async function untilOutput(child: ChildProcess, text: string): Promise<void> {
  if (!child.stdout) throw new Error('no output');
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.includes(text)) break;
  }
  child.stdout.resume();
}

kernelTest('three functions shrink, read the same texts, and leave nothing behind', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'upm-demo-test-'));
  t.teardown(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  const file = join(folder, 'result.json');
  const [settings, processes] = [await ksmSettings(), await demoProcesses()];

  const child = startDemo(t, ['--functions', '3', '--json', file]);
  child.stdout?.resume();
  t.deepEqual(await once(child, 'exit'), [0, null]);

  const result = JSON.parse(readFileSync(file, 'utf8')) as DemoResult;
  t.like(result, { backend: 'ksm', functions: 3, ocrCorrect: true, textsRead: 24, textsRight: 24 });
  t.true(result.advised.pssBytes < result.baseline.pssBytes);
  t.true(result.advised.ussBytes < result.baseline.ussBytes);
  t.is(result.savedBytes, result.baseline.pssBytes - result.advised.pssBytes);
  // The two models are 15 MiB of weights in each process; kept once, 30 MiB are given back.
  t.true(result.savedByMergingBytes > 25 * 1024 * 1024, String(result.savedByMergingBytes));
  t.true(result.mergedBytes > result.savedByMergingBytes / 2);
  t.true(result.stillMergeableBytes < 4 * 1024 * 1024, String(result.stillMergeableBytes));
  t.true(result.convergeSeconds > 0 && result.ksmdCpuSeconds > 0);
  t.deepEqual(await ksmSettings(), settings);
  t.deepEqual(await leftBehind(processes), []);
});

for (const signal of ['SIGINT', 'SIGTERM', 'SIGKILL'] as const) {
  kernelTest(`ended by ${signal} while ksmd is driven, it leaves nothing behind`, async (t) => {
    const [settings, processes] = [await ksmSettings(), await demoProcesses()];
    const child = startDemo(t, ['--functions', '2', '--budget', '0.05']);
    await untilOutput(child, 'MiB merged');
    const exit = once(child, 'exit');
    child.kill(signal);
    const status = { SIGINT: [130, null], SIGTERM: [143, null], SIGKILL: [null, 'SIGKILL'] }[
      signal
    ];
    t.deepEqual(await exit, status);
    t.deepEqual(await leftBehind(processes), []);
    t.deepEqual(await ksmSettings(), settings);
  });
}

test('bad usage is refused before anything is started', async (t) => {
  for (const words of [
    ['--functions', '0'],
    ['--functions', 'many'],
    ['--budget', '2'],
    ['--what'],
  ]) {
    const child = spawn(process.execPath, [demoProgram, ...words], { stdio: 'ignore' });
    t.deepEqual(await once(child, 'exit'), [64, null], words.join(' '));
  }
});
