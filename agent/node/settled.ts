// SPDX-License-Identifier: MIT
/**
 * Advises a process's regions once its memory has settled. A program that loads a model grows, then
 * stays; marking it at the plateau marks the model. It is marked again after further growth, such as
 * a second model, and never for nothing.
 */
import { messageOf } from '../../src/errors.js';
import type { AdviseResult } from '../../src/advise.js';

export interface SettledOptions {
  readonly advise: () => Promise<AdviseResult>;
  /** RSS, bytes. Must be cheap: it is called every two seconds. */
  readonly residentBytes: () => number;
  readonly say: (message: string) => void;
  readonly verbose: boolean;
  /** Between looks, milliseconds; tests shorten it. */
  readonly intervalMilliseconds?: number;
}

/** Two looks in a row must differ by less than this share of RSS. */
const settledShare = 0.02;
/** After the first advice, this much further growth calls for another one. */
const growthBytes = 8 * 1024 * 1024;

/** @returns a function that stops watching. The watch itself keeps nothing alive. */
export function adviseWhenSettled(options: SettledOptions): () => void {
  let previous = 0;
  let advisedAt: number | undefined;
  let busy = false;

  const stop = (): void => {
    clearInterval(timer);
  };

  const look = async (): Promise<void> => {
    const now = options.residentBytes();
    const settled = previous > 0 && Math.abs(now - previous) <= previous * settledShare;
    previous = now;
    if (!settled || (advisedAt !== undefined && now - advisedAt < growthBytes)) return;
    advisedAt = now;
    const result = await options.advise();
    const refusal = result.refused[0];
    if (refusal && result.advisedBytes === 0) {
      options.say(`memory not advised, the function runs without: ${refusal.message}`);
      stop();
    } else if (options.verbose) {
      options.say(`advised ${result.advisedBytes} bytes through ${result.backend}`);
    }
  };

  const timer = setInterval(() => {
    if (busy) return;
    busy = true;
    look()
      .catch((error: unknown) => {
        stop();
        options.say(`hook stopped, the function runs without it: ${messageOf(error)}`);
      })
      .finally(() => {
        busy = false;
      });
  }, options.intervalMilliseconds ?? 2000);
  timer.unref();
  return stop;
}
