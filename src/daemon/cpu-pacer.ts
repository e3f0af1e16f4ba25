// SPDX-License-Identifier: MIT
/**
 * Keeps work within a share of one core. CPU seconds accrue at that share of the time that passes, up
 * to a bound; work is charged after it was done, and whoever asks for more waits until the account
 * is no longer overdrawn. In the long run the share is kept whatever single steps cost.
 */
import type { Clock } from './clock.js';

export interface CpuPacer {
  /** Waits until the account is not overdrawn. Returns early when the signal is aborted. */
  ready(signal: AbortSignal): Promise<void>;
  /**
   * Does one step of work and charges what the process used meanwhile. That includes requests served
   * at the same time, so the step is never charged too little.
   */
  charge<T>(step: () => Promise<T>): Promise<T>;
  /** CPU seconds charged so far. */
  chargedSeconds(): number;
}

export interface CpuPacerOptions {
  readonly clock: Clock;
  /** Share of one core, above 0 up to 1. */
  readonly share: number;
  /** Most that may accrue, CPU seconds: what can be spent at once after a quiet time. */
  readonly burstSeconds: number;
}

/** Starts with a full account. @throws RangeError on a bad share. */
export function createCpuPacer({ clock, share, burstSeconds }: CpuPacerOptions): CpuPacer {
  if (!(share > 0 && share <= 1)) {
    throw new RangeError(`a share of one core is above 0 and at most 1, not ${share}`);
  }
  let balance = burstSeconds;
  let accruedAt = clock.monotonic();
  let charged = 0;

  function accrue(): number {
    const now = clock.monotonic();
    balance = Math.min(burstSeconds, balance + ((now - accruedAt) / 1000) * share);
    accruedAt = now;
    return balance;
  }

  return {
    async ready(signal) {
      while (!signal.aborted && accrue() < 0) {
        // At least a millisecond: timers are no finer, and 0 would spin.
        await clock.sleep(Math.max(1, (-balance / share) * 1000), signal);
      }
    },
    async charge(step) {
      const before = clock.cpuSeconds();
      try {
        return await step();
      } finally {
        const used = clock.cpuSeconds() - before;
        accrue();
        balance -= used;
        charged += used;
      }
    },
    chargedSeconds: () => charged,
  };
}
