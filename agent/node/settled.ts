// SPDX-License-Identifier: MIT
/**
 * Tells when a process's memory has settled. A program that loads a model grows, then stays; the
 * plateau is when its model is there. Further growth, such as a second model, ends in another one.
 */
import { messageOf } from '../../src/errors.js';

export interface SettledOptions {
  /**
   * Called at each plateau, one call at a time. Returning `stop` ends the watch.
   * @param first it is the first one: the program has loaded.
   */
  readonly onSettled: (first: boolean) => Promise<'go on' | 'stop'>;
  /** RSS, bytes. Must be cheap: it is called every two seconds. */
  readonly residentBytes: () => number;
  readonly say: (message: string) => void;
  /** Between looks, milliseconds; tests shorten it. */
  readonly intervalMilliseconds?: number;
}

/** Two looks in a row must differ by less than this share of RSS. */
const settledShare = 0.02;
/** After the first plateau, this much further growth calls for another one. */
const growthBytes = 8 * 1024 * 1024;
/** A process under load from the start may never be still; after this many looks it counts as loaded. */
const patience = 15;

/** @returns a function that stops watching. The watch itself keeps nothing alive. */
export function watchSettled(options: SettledOptions): () => void {
  let previous = 0;
  let looks = 0;
  let settledAt: number | undefined;
  let busy = false;

  const stop = (): void => {
    clearInterval(timer);
  };

  const look = async (): Promise<void> => {
    const now = options.residentBytes();
    looks += 1;
    const still = previous > 0 && Math.abs(now - previous) <= previous * settledShare;
    previous = now;
    const impatient = settledAt === undefined && looks >= patience;
    if (!still && !impatient) return;
    if (settledAt !== undefined && now - settledAt < growthBytes) return;
    const first = settledAt === undefined;
    settledAt = now;
    if ((await options.onSettled(first)) === 'stop') stop();
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
