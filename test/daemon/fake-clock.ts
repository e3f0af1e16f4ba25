// SPDX-License-Identifier: MIT
/** A clock that moves only when told to, or when somebody sleeps. */
import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../../src/daemon/clock.js';

export interface FakeClock extends Clock {
  advance(milliseconds: number): void;
  /** Uses CPU; the time passes too. */
  work(seconds: number): void;
}

export function makeClock(): FakeClock {
  let now = 1_000_000;
  let cpu = 0;
  return {
    wallTime: () => now,
    monotonic: () => now,
    cpuSeconds: () => cpu,
    async sleep(milliseconds) {
      now += milliseconds;
      await setImmediate();
    },
    advance(milliseconds) {
      now += milliseconds;
    },
    work(seconds) {
      cpu += seconds;
      now += seconds * 1000;
    },
  };
}
