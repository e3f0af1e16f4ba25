// SPDX-License-Identifier: MIT
/**
 * Runs sampling rounds at an interval, and looks between them for new instances. Nothing of this
 * happens inside a request: requests read the last snapshot.
 */
import type { Snapshot } from '../accounting/snapshot.js';
import type { Clock } from './clock.js';
import { createCpuPacer } from './cpu-pacer.js';
import { createSampling, type SamplingOptions } from './sampling.js';

export interface SamplerOptions extends Omit<SamplingOptions, 'pacer'> {
  /** Share of one core that sampling may use, above 0 up to 1. */
  readonly cpuBudget: number;
  /** Called with each new snapshot. */
  readonly onSnapshot?: (snapshot: Snapshot) => void;
  /** A fault of ours in a round; the next round is tried all the same. */
  readonly onError: (error: unknown) => void;
}

export interface Sampler {
  /** Begins; calling it again does nothing. */
  start(): void;
  /** Ends; resolves when the step under way is over. */
  stop(): Promise<void>;
  /** The last complete round; undefined before the first. */
  snapshot(): Snapshot | undefined;
  /** CPU seconds that sampling was charged so far. */
  cpuSeconds(): number;
}

const pollMilliseconds = 1000;

/** Makes a sampler. Does no I/O until it is started. @throws RangeError on a bad budget. */
export function createSampler(options: SamplerOptions): Sampler {
  const { clock } = options;
  const pacer = createCpuPacer({
    clock,
    share: options.cpuBudget,
    burstSeconds: options.cpuBudget * options.intervalSeconds,
  });
  const sampling = createSampling({ ...options, pacer });
  const stopping = new AbortController();
  let running: Promise<void> | undefined;
  let last: Snapshot | undefined;

  async function tolerate(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      options.onError(error);
    }
  }

  async function run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const next = clock.monotonic() + options.intervalSeconds * 1000;
      await tolerate(async () => {
        const snapshot = await sampling.round(signal);
        // A round that was cut short is no picture of the host.
        if (signal.aborted) return;
        last = snapshot;
        options.onSnapshot?.(snapshot);
      });
      await pollUntil(next, signal, clock, () => tolerate(() => sampling.poll(signal)));
    }
  }

  return {
    start() {
      running ??= run(stopping.signal);
    },
    async stop() {
      stopping.abort();
      await running;
    },
    snapshot: () => last,
    cpuSeconds: () => pacer.chargedSeconds(),
  };
}

/** Polls until the time for the next round has come. At least a pause of a millisecond. */
async function pollUntil(
  next: number,
  signal: AbortSignal,
  clock: Clock,
  poll: () => Promise<void>,
): Promise<void> {
  for (;;) {
    const left = next - clock.monotonic();
    await clock.sleep(Math.max(1, Math.min(pollMilliseconds, left)), signal);
    if (signal.aborted || clock.monotonic() >= next) return;
    await poll();
  }
}
