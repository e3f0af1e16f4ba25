// SPDX-License-Identifier: MIT
/** Waits until the kernel has merged what was advised, and shows how far it is. */
import { setTimeout as sleep } from 'node:timers/promises';
import { UpmError } from '../src/errors.js';
import type { Daemon, DriverView } from './daemon.js';

export interface Progress {
  readonly seconds: number;
  readonly mergedBytes: number;
  readonly driver: DriverView;
}

export interface Convergence {
  /** From the start of the wait to the end of merging. */
  readonly seconds: number;
  /** What ended the wait, for people. */
  readonly how: string;
}

const tickMilliseconds = 500;
/** Without a driver of ours, this long without a change counts as the end. */
const quietSeconds = 15;
const limitSeconds = 300;

/**
 * @param mergedBytes reads how much of the functions is merged by now.
 * @throws UpmError if ksmd cannot be driven here, or nothing was merged in time.
 */
export async function awaitConvergence(
  daemon: Daemon,
  mergedBytes: () => Promise<number>,
  signal: AbortSignal,
  onProgress: (progress: Progress) => void,
): Promise<Convergence> {
  const startedAt = performance.now();
  const elapsed = (): number => (performance.now() - startedAt) / 1000;
  let merged = 0;
  let changedAt = 0;
  while (elapsed() < limitSeconds) {
    const driver = await daemon.driver();
    if (driver.mode === 'blocked') throw new UpmError('ERR_UPM_PERMISSION', driver.reason);
    const now = await mergedBytes();
    if (Math.abs(now - merged) > merged * 0.001) {
      merged = now;
      changedAt = elapsed();
    }
    const seconds = elapsed();
    onProgress({ seconds, mergedBytes: now, driver });
    if (driver.mode === 'idle' && driver.converged > 0) return { seconds, how: 'ksmd converged' };
    if (driver.mode === 'idle' && driver.timedOut > 0) break;
    if (driver.mode === 'observing' && merged > 0 && seconds - changedAt > quietSeconds) {
      return {
        seconds: changedAt,
        how: `nothing changed for ${quietSeconds} s (${driver.reason})`,
      };
    }
    await sleep(tickMilliseconds, undefined, { signal });
  }
  throw new UpmError(
    'ERR_UPM_UNSUPPORTED',
    `merging did not end within ${limitSeconds} s: give ksmd more (--budget 1), or see ${daemon.logFile}`,
  );
}
