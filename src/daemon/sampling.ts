// SPDX-License-Identifier: MIT
/**
 * One round of sampling, and the cheap look between rounds. Both do one small step at a time through
 * the pacer: each step ends in I/O, so the event loop is free between steps, and the pacer
 * decides when the next may begin.
 *
 * A round that does not get through in time leaves the rest for the next, which begins with the oldest
 * samples: everything gets its turn, however small the budget is.
 */
import type { Attributor } from '../accounting/attribution.js';
import { mergeStateOf } from '../accounting/function-totals.js';
import { sampleProcess, type ProcessSample } from '../accounting/process-sample.js';
import type { Snapshot } from '../accounting/snapshot.js';
import type { MergeHost } from '../backends/backend.js';
import type { HostRoots, Reading } from '../proc/reading.js';
import { createAdvisedWatch } from './advised-watch.js';
import { nextLevel, roundsBetween } from './back-off.js';
import type { Clock } from './clock.js';
import type { CpuPacer } from './cpu-pacer.js';
import { createProcessTable, type FunctionProcess, type Step } from './process-table.js';
import { takeSnapshot } from './take-snapshot.js';

export interface SamplingOptions {
  readonly roots: HostRoots;
  readonly host: MergeHost;
  readonly attributor: Attributor;
  readonly clock: Clock;
  readonly pacer: CpuPacer;
  readonly intervalSeconds: number;
  /** A read that takes this long makes its process be read less often. */
  readonly slowReadMilliseconds: number;
  /** Instances whose memory is read; more are only counted. */
  readonly maxProcesses: number;
  /** Advised memory appeared that may not be merged yet. */
  readonly onAdvisedMemory?: () => void;
}

export interface Sampling {
  /** Looks at everything that is due, and publishes the result. */
  round(signal: AbortSignal): Promise<Snapshot>;
  /** Looks for new instances, and at the merge state of young ones. */
  poll(signal: AbortSignal): Promise<void>;
}

/**
 * An instance usually opens its memory to merging soon after it started. Until this age it is looked
 * at in each poll; later on, rounds are soon enough.
 */
const youngMilliseconds = 60_000;
/** The youngest so many. */
const polledAtOnce = 32;

export function createSampling(options: SamplingOptions): Sampling {
  const { roots, host, clock, pacer } = options;
  const table = createProcessTable(roots, options.attributor, clock);
  const watch = createAdvisedWatch();
  let roundNumber = 0;

  function stepFor(signal: AbortSignal): Step {
    return async (work) => {
      await pacer.ready(signal);
      return await pacer.charge(work);
    };
  }

  function note(process: FunctionProcess, seen: Parameters<typeof watch.note>[1]): void {
    if (watch.note(process, seen)) options.onAdvisedMemory?.();
  }

  async function readMemory(process: FunctionProcess): Promise<void> {
    const began = clock.monotonic();
    const reading = await sampleProcess({ roots, host }, process.facts);
    const took = clock.monotonic() - began;
    process.level = nextLevel(process.level, took, options.slowReadMilliseconds);
    process.dueRound = roundNumber + roundsBetween(process.level);
    keep(process, reading);
  }

  function keep(process: FunctionProcess, reading: Reading<ProcessSample>): void {
    if (reading.kind !== 'value') {
      process.unreadable = reading.kind;
      if (reading.kind === 'gone') table.forget(process);
      return;
    }
    process.unreadable = undefined;
    process.sample = reading.value;
    process.sampledAt = clock.wallTime();
    note(process, {
      optedIn: mergeStateOf(reading.value)?.optedIn,
      advisedBytes: reading.value.advisedBytes,
    });
  }

  /** Reads what is due, oldest first. Returns how many did not get their turn, and how many went. */
  async function readDue(
    due: readonly FunctionProcess[],
    step: Step,
    ends: { readonly at: number; readonly signal: AbortSignal },
  ): Promise<{ readonly deferred: number; readonly gone: number }> {
    let gone = 0;
    for (const [index, process] of due.entries()) {
      await pacer.ready(ends.signal);
      if (ends.signal.aborted || clock.monotonic() >= ends.at) {
        return { deferred: due.length - index, gone };
      }
      await step(() => readMemory(process));
      if (process.unreadable === 'gone') gone += 1;
    }
    return { deferred: 0, gone };
  }

  return {
    async round(signal) {
      roundNumber += 1;
      const step = stepFor(signal);
      const began = { wall: clock.wallTime(), monotonic: clock.monotonic() };
      const listing = await table.walk(step, signal);
      const allowed = allowedProcesses(table.functionProcesses(), options.maxProcesses);
      const due = allowed.filter(({ dueRound }) => dueRound <= roundNumber).sort(oldestFirst);
      // Counted from here, so that memory gets its time even if the walk took all of the interval.
      const { deferred, gone } = await readDue(due, step, {
        at: clock.monotonic() + options.intervalSeconds * 1000,
        signal,
      });
      const hostReading = await step(() => host.readHost());
      return takeSnapshot({
        startedAt: began.wall,
        finishedAt: clock.wallTime(),
        durationSeconds: (clock.monotonic() - began.monotonic) / 1000,
        listing,
        host: hostReading,
        processes: table.functionProcesses(),
        deferred,
        gone,
      });
    },

    async poll(signal) {
      const step = stepFor(signal);
      await table.walkNew(step, signal);
      const now = clock.monotonic();
      const young = table
        .functionProcesses()
        .filter(({ firstSeenAt }) => now - firstSeenAt < youngMilliseconds);
      for (const process of young.slice(-polledAtOnce)) {
        if (signal.aborted) return;
        const state = await step(() => host.readProcess(process.facts.pid));
        // What the host cannot tell of one process, it cannot tell of the others.
        if (state.kind === 'absent') return;
        if (state.kind === 'value') {
          note(process, { optedIn: state.value.optedIn, advisedBytes: undefined });
        }
      }
    },
  };
}

/** The first so many; those beyond are marked. */
function allowedProcesses(
  processes: readonly FunctionProcess[],
  limit: number,
): readonly FunctionProcess[] {
  for (const [index, process] of processes.entries()) {
    if (index >= limit) process.unreadable = 'limit';
    else if (process.unreadable === 'limit') process.unreadable = undefined;
  }
  return processes.slice(0, limit);
}

function oldestFirst(left: FunctionProcess, right: FunctionProcess): number {
  return (left.sampledAt ?? 0) - (right.sampledAt ?? 0);
}
