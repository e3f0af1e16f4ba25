// SPDX-License-Identifier: MIT
/**
 * Keeps ksmd at a share of one core. ksmd works in batches: scan `pagesToScan` pages, sleep
 * `sleepMillisecs`. What a page costs depends on what happens to it (a checksum, a tree search, a
 * merge), so the batch size follows the share that was measured, not a price that was assumed.
 */

export interface BatchSettings {
  readonly pagesToScan: number;
  readonly sleepMillisecs: number;
}

/** Below this a batch is dominated by waking up. */
const minPages = 64;
/**
 * Above this one batch runs too long: ksmd holds its thread mutex, for which every exit of a process
 * with merged memory and every write to `run` waits (about 0.1 s at 2 µs a page).
 */
const maxPages = 50_000;
/** A batch may grow or shrink by this factor a step. */
const maxStep = 2;
const sleepMillisecs = 10;

/** Where a drive starts: about 2 µs a page, the middle of what was measured. */
export function firstBatch(budget: number): BatchSettings {
  const busyMicroseconds = oddsOf(budget) * sleepMillisecs * 1000;
  return { pagesToScan: clampPages(busyMicroseconds / 2), sleepMillisecs };
}

/**
 * The next batch size.
 * @param budget share of one core ksmd may use, above 0 up to 1.
 * @param measured share it used since the last step; undefined where it cannot be measured, which
 * leaves the batch as it is.
 */
export function nextBatch(
  current: BatchSettings,
  budget: number,
  measured: number | undefined,
): BatchSettings {
  if (measured === undefined) return current;
  // busy / (busy + sleep) is the share, so busy time goes with the odds of the share.
  const step = oddsOf(budget) / oddsOf(Math.max(measured, 0.001));
  const factor = Math.min(maxStep, Math.max(1 / maxStep, step));
  return { ...current, pagesToScan: clampPages(current.pagesToScan * factor) };
}

function oddsOf(share: number): number {
  const bounded = Math.min(share, 0.99);
  return bounded / (1 - bounded);
}

function clampPages(pages: number): number {
  return Math.min(maxPages, Math.max(minPages, Math.round(pages)));
}
