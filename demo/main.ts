// SPDX-License-Identifier: MIT
/**
 * The main job on real functions: several processes that hold the same models, run first as they are
 * and then advised, and what the second run saves.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { CommanderError } from 'commander';
import { chooseBackend, createHost } from '../src/backends/choose.js';
import { probeKsm } from '../src/backends/ksm/probe.js';
import { exitStatus, messageOf, UpmError } from '../src/errors.js';
import { native } from '../src/native/addon.js';
import { hostRoots } from '../src/proc/reading.js';
import { createDisplay } from './display.js';
import { makeImages, type TestImage } from './images.js';
import { parseOptions } from './options.js';
import { keepRunning, runScenario, type Cleanup, type Stage } from './scenario.js';

const stop = new AbortController();

/** Ending by a signal is no failure of ours: the exit status is the one shells give it. */
function interrupt(signal: 'SIGINT' | 'SIGTERM'): void {
  process.exitCode = 128 + constants.signals[signal];
  stop.abort(new Error(`${signal}: everything that was started is ended`));
}

async function requireKsm(takeOver: boolean): Promise<void> {
  await chooseBackend('ksm');
  const probe = await probeKsm(hostRoots);
  if (probe.drivable || (probe.manager !== undefined && !takeOver)) return;
  throw new UpmError(
    'ERR_UPM_PERMISSION',
    'ksmd is stopped, and only root on the host may run it: run the demo as root, with /sys writable',
  );
}

async function main(): Promise<void> {
  const options = parseOptions(process.argv.slice(2));
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt);
  const cleanup: Cleanup = [];
  const display = createDisplay(process.stdout);
  try {
    await requireKsm(options.takeOver);
    const folder = await mkdtemp(join(tmpdir(), 'upm-demo-'));
    cleanup.push(async () => {
      await rm(folder, { recursive: true, force: true });
    });
    const images: (readonly TestImage[])[] = [];
    for (let set = 0; set < options.functions; set += 1) images.push(await makeImages(folder, set));
    const host = createHost({ name: 'ksm', reason: '' }, hostRoots, native().pageSize);
    const stage: Stage = {
      options,
      signal: stop.signal,
      display,
      host,
      images,
      pageSize: native().pageSize,
      folder,
      cleanup,
    };
    const played = await runScenario(stage);
    const { result } = played;
    if (options.json) {
      await writeFile(options.json, `${JSON.stringify(result, undefined, 2)}\n`);
    }
    if (!result.ocrCorrect || result.savedByMergingBytes <= 0) {
      throw new UpmError('ERR_UPM_INTERNAL', 'the demo did not show what it should, see above');
    }
    if (options.keep) {
      await keepRunning(stage, played);
      process.exitCode = 0;
    }
  } finally {
    for (const undo of cleanup.reverse()) await undo().catch(() => undefined);
  }
}

await main().catch((error: unknown) => {
  if (stop.signal.aborted) {
    // What an aborted call throws is less to the point than why it was aborted.
    console.error(`demo: ${messageOf(stop.signal.reason)}`);
    return;
  }
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : exitStatus.ERR_UPM_USAGE;
    return;
  }
  console.error(`demo: ${messageOf(error)}`);
  process.exitCode = error instanceof UpmError ? error.exitStatus : exitStatus.ERR_UPM_INTERNAL;
});
