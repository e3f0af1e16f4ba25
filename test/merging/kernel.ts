// SPDX-License-Identifier: MIT
/** Whether this kernel, and this user, allow tests of real merging; and ksmd driven for them. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { createKsmDriver, type KsmDriverOptions } from '../../src/backends/ksm/driver.js';
import type { DriveEnd } from '../../src/backends/ksm/driver-status.js';
import { probeKsm } from '../../src/backends/ksm/probe.js';
import { native } from '../../src/native/addon.js';
import { ksmFiles, readKsmState } from '../../src/proc/ksm-sysfs.js';
import { hostRoots } from '../../src/proc/reading.js';

/** Why tests of real merging cannot run here; undefined if they can. */
export async function whyNoMerging(): Promise<string | undefined> {
  const probe = await probeKsm(hostRoots);
  if (!probe.state) return 'the kernel has no KSM';
  if (process.getuid?.() !== 0 || !probe.drivable) return 'only root may drive ksmd and see frames';
  if (probe.manager !== undefined) return `${probe.manager}, and tests do not take it over`;
  return undefined;
}

/** The settings of ksmd as they are now, by file name. */
export async function ksmSettings(): Promise<Readonly<Record<string, number | string>>> {
  const state = await readKsmState(hostRoots);
  if (state.kind !== 'value') throw new Error(`${state.path}: ${state.message}`);
  const settings = [
    'run',
    'pagesToScan',
    'sleepMillisecs',
    'advisorMode',
    'smartScan',
    'useZeroPages',
    'maxPageSharing',
    'mergeAcrossNodes',
  ] as const;
  return Object.fromEntries(
    settings.flatMap((name) => {
      const value = state.value[name];
      return value === undefined ? [] : [[ksmFiles[name], value]];
    }),
  );
}

export function driverOptions(
  t: ExecutionContext,
  changes: Partial<KsmDriverOptions> = {},
): KsmDriverOptions {
  const folder = mkdtempSync(join(tmpdir(), 'upm-merging-'));
  t.teardown(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  return {
    roots: hostRoots,
    decision: 'auto',
    budget: 0.9,
    stateFile: join(folder, 'ksm-settings.json'),
    pageSize: native().pageSize,
    timeoutSeconds: 90,
    ...changes,
  };
}

/** Drives ksmd until it has converged. */
export async function driveOnce(
  t: ExecutionContext,
  changes: Partial<KsmDriverOptions> = {},
): Promise<DriveEnd> {
  const driver = createKsmDriver(driverOptions(t, changes));
  driver.kick();
  const end = await driver.settled();
  await driver.close();
  return end;
}
