// SPDX-License-Identifier: MIT
/**
 * Runs ksmd hard while advised memory waits to be merged, within a CPU budget, and gives it back to
 * the operator's settings afterwards. Merged pages stay merged when ksmd stops (run = 0), so between
 * drives the host pays nothing.
 *
 * One drive: take the settings over (settings-record.ts), tick four times a second (budget.ts,
 * convergence.ts), restore. A drive ends when it converged, when the time is up, when somebody else
 * changes the settings under us (they win), or when the driver is closed.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { UpmError, messageOf } from '../../errors.js';
import type { HostRoots } from '../../proc/reading.js';
import { createKsmdCpu } from './ksmd-cpu.js';
import { firstBatch, nextBatch } from './budget.js';
import { trackConvergence, type ConvergenceTracker } from './convergence.js';
import type {
  DriveDecision,
  DriveEnd,
  DriverMode,
  DriverStatus,
  KsmDriver,
} from './driver-status.js';
import { readScan, type ScanState } from './scan-state.js';
import { takeOver, type Takeover } from './takeover.js';

export interface KsmDriverOptions {
  readonly roots: HostRoots;
  readonly decision: DriveDecision;
  /** Share of one core that ksmd may use while driven, above 0 up to 1. */
  readonly budget: number;
  /** File that outlives a crash; see settings-record.ts. */
  readonly stateFile: string;
  /** Bytes in a page. */
  readonly pageSize: number;
  /** A drive that has not converged this long after the last kick ends. Default 300. */
  readonly timeoutSeconds?: number;
  /** One line for the log. */
  readonly log?: (level: 'info' | 'warn', message: string) => void;
  /** Called on each tick of a drive. */
  readonly onProgress?: (status: DriverStatus) => void;
}

const tickMilliseconds = 250;
/** ksmd starts within milliseconds; if it used no CPU in this time, no memory is open to merging. */
const startupSeconds = 3;

/** Before the first kick. */
const nothingYet = 'nothing was advised yet';

/** Makes a driver. Does no I/O until {@link KsmDriver.kick}. @throws RangeError on a bad budget. */
export function createKsmDriver(options: KsmDriverOptions): KsmDriver {
  if (!(options.budget > 0 && options.budget <= 1)) {
    throw new RangeError(`budget must be above 0 and at most 1 core, not ${options.budget}`);
  }
  const timeoutSeconds = options.timeoutSeconds ?? 300;
  const cpu = createKsmdCpu(options.roots);
  const log = options.log ?? (() => undefined);
  const closing = new AbortController();

  let mode: DriverMode = options.decision === 'never' ? 'observing' : 'idle';
  let reason = options.decision === 'never' ? 'told never to drive ksmd' : nothingYet;
  let current: Promise<DriveEnd> | undefined;
  let kicked = false;
  let waiting = false;
  let lastEnd: DriveEnd = { kind: 'observing', reason };
  let takeover: Takeover | undefined;
  let scans = 0;
  let cpuTotal = 0;
  let cpuShare = 0;
  let mergedBytes = 0;
  let converged = 0;
  let timedOut = 0;

  function enter(nextMode: DriverMode, why: string): void {
    const changed = nextMode !== mode || why !== reason;
    mode = nextMode;
    reason = why;
    if (changed && nextMode !== 'idle') {
      log(nextMode === 'blocked' ? 'warn' : 'info', `ksm driver: ${nextMode}: ${why}`);
    }
  }

  const driver: KsmDriver = {
    status: () => ({
      mode,
      reason,
      waiting,
      scansSinceKick: mode === 'driving' ? scans : 0,
      ksmdCpuSeconds: cpuTotal,
      ksmdCpuShare: mode === 'driving' ? cpuShare : 0,
      applied: takeover?.applied(),
      mergedBytes,
      converged,
      timedOut,
    }),

    kick() {
      if (closing.signal.aborted || options.decision === 'never') return;
      kicked = true;
      current ??= drive().then((end) => {
        current = undefined;
        lastEnd = end;
        // A kick that came too late for the loop to see starts the next drive.
        if (kicked) driver.kick();
        return end;
      });
    },

    settled: () => current ?? Promise.resolve(lastEnd),

    async close() {
      closing.abort();
      await current;
    },
  };

  async function drive(): Promise<DriveEnd> {
    try {
      return await takeAndRun();
    } catch (error) {
      const why = messageOf(error);
      // Only what the operating system refuses is expected here; anything else is a fault of ours,
      // and still no reason to end the caller: merging is a favour, not a duty.
      kicked = false;
      waiting = true;
      enter('blocked', error instanceof UpmError ? why : `unexpected: ${why}`);
      return { kind: 'blocked', reason: why };
    }
  }

  async function takeAndRun(): Promise<DriveEnd> {
    const batch = firstBatch(options.budget);
    const attempt = await takeOver(options.roots, options.stateFile, options.decision, batch);
    waiting = attempt.kind !== 'taken';
    if (attempt.kind !== 'taken') {
      kicked = false;
      enter(attempt.kind, attempt.reason);
      return { kind: attempt.kind, reason: attempt.reason };
    }
    takeover = attempt.takeover;
    enter('driving', 'advised memory is waiting to be merged');
    let end: DriveEnd;
    try {
      end = await run(attempt.takeover);
    } finally {
      takeover = undefined;
      const left = await attempt.takeover.restore();
      if (left.length > 0) {
        log('warn', `ksm driver: left ${left.join(', ')} alone: somebody else changed it`);
      }
    }
    conclude(end);
    return end;
  }

  function conclude(end: DriveEnd): void {
    if (end.kind === 'converged') converged += 1;
    if (end.kind === 'timeout') timedOut += 1;
    switch (end.kind) {
      case 'converged':
        log('info', `ksm driver: converged after ${end.seconds.toFixed(1)} s, ksmd restored`);
        enter('idle', 'everything advised has been looked at');
        break;
      case 'timeout':
        enter('idle', `gave up after ${end.seconds.toFixed(0)} s without convergence`);
        log('warn', `ksm driver: ${reason}; raise the CPU budget or the time limit`);
        break;
      case 'nothing-to-do':
        enter('idle', 'no memory on this host is open to merging');
        break;
      case 'closed':
        enter('idle', 'closed');
        break;
      case 'observing':
      case 'blocked':
        enter(end.kind, end.reason);
        break;
    }
  }

  async function run(taken: Takeover): Promise<DriveEnd> {
    const startedAt = performance.now();
    const startedCpu = await cpu.seconds();
    let kickedAt = startedAt;
    let tracker: ConvergenceTracker | undefined;
    let last = { at: startedAt, cpu: startedCpu };
    const since = (at: number): number => (performance.now() - at) / 1000;

    for (;;) {
      const state = await readScan(options.roots, options.pageSize);
      const foreign = taken.changedByOthers(state.settings);
      if (foreign.length > 0) {
        kicked = false;
        return { kind: 'observing', reason: `somebody else changed ${foreign.join(', ')}` };
      }
      mergedBytes = state.mergedBytes;
      if (kicked) {
        kicked = false;
        kickedAt = performance.now();
        tracker = trackConvergence(state);
      }
      tracker ??= trackConvergence(state);

      const used = await cpu.seconds();
      const sample = measure(last, { at: performance.now(), cpu: used });
      cpuTotal += sample.seconds;
      cpuShare = sample.share ?? 0;
      last = { at: performance.now(), cpu: used };

      const done = tracker.update(state);
      scans = tracker.scans();
      options.onProgress?.(driver.status());
      const spent = used !== undefined && startedCpu !== undefined ? used - startedCpu : 0;
      if (closing.signal.aborted) return { kind: 'closed' };
      if (done) return { kind: 'converged', seconds: since(startedAt), ksmdCpuSeconds: spent };
      if (since(kickedAt) > timeoutSeconds) {
        return { kind: 'timeout', seconds: since(startedAt), ksmdCpuSeconds: spent };
      }
      if (since(startedAt) > startupSeconds && isIdle(state, startedCpu, used)) {
        return { kind: 'nothing-to-do' };
      }
      await taken.adjust(nextBatch(taken.batch(), options.budget, sample.share));
      await pause(closing.signal);
    }
  }

  return driver;
}

interface CpuReading {
  /** performance.now(), milliseconds. */
  readonly at: number;
  readonly cpu: number | undefined;
}

function measure(
  last: CpuReading,
  now: CpuReading,
): { readonly seconds: number; readonly share: number | undefined } {
  if (last.cpu === undefined || now.cpu === undefined) return { seconds: 0, share: undefined };
  const seconds = now.cpu - last.cpu;
  const wall = (now.at - last.at) / 1000;
  // Right after the start there is no interval to speak of.
  return { seconds, share: wall > 0.05 ? seconds / wall : undefined };
}

/** ksmd sleeps as long as no process on the host has opted memory in. */
function isIdle(
  state: ScanState,
  startedCpu: number | undefined,
  used: number | undefined,
): boolean {
  if (state.trackedPages > 0) return false;
  return used === undefined || startedCpu === undefined || used - startedCpu < 0.001;
}

async function pause(signal: AbortSignal): Promise<void> {
  try {
    await sleep(tickMilliseconds, undefined, { signal });
  } catch {
    // Aborted: the loop looks at the signal itself.
  }
}
