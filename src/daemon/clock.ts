// SPDX-License-Identifier: MIT
/** Time and CPU use as parameters, so that tests need not wait for either. */
import { setTimeout as delay } from 'node:timers/promises';

export interface Clock {
  /** Milliseconds since the epoch. */
  wallTime(): number;
  /** Milliseconds that never go back, from an arbitrary start. */
  monotonic(): number;
  /** CPU seconds this process has used, in user mode and in the kernel, all threads. */
  cpuSeconds(): number;
  /** Resolves after `milliseconds`, or at once when the signal is aborted. Never rejects. */
  sleep(milliseconds: number, signal: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  wallTime: () => Date.now(),
  monotonic: () => performance.now(),
  cpuSeconds() {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  },
  async sleep(milliseconds, signal) {
    try {
      await delay(milliseconds, undefined, { signal });
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  },
};
