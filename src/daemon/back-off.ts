// SPDX-License-Identifier: MIT
/**
 * How often the memory of a process is read. A read holds the target's mmap lock, so a process that is
 * slow to read is read less often: each slow read doubles the pause, each read well under the limit
 * halves it again.
 */

/** Pauses grow to at most 2 to this power rounds: with rounds of 10 seconds, about 11 minutes. */
const highestLevel = 6;

/**
 * The next back-off level, 0 to 6; a process at level n is read every 2^n rounds.
 * @param slowMilliseconds a read that takes this long or longer is slow.
 */
export function nextLevel(level: number, milliseconds: number, slowMilliseconds: number): number {
  if (milliseconds >= slowMilliseconds) return Math.min(highestLevel, level + 1);
  // Between half and whole, stay: else a process near the limit would swing to and fro.
  return milliseconds < slowMilliseconds / 2 ? Math.max(0, level - 1) : level;
}

/** Rounds from one read to the next. */
export function roundsBetween(level: number): number {
  return 2 ** level;
}
