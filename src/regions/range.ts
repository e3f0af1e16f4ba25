// SPDX-License-Identifier: MIT
/** Arithmetic on address ranges. Addresses and sizes are bigint, in bytes; `end` is exclusive. */

export interface AddressRange {
  readonly start: bigint;
  readonly end: bigint;
}

export interface AlignedRange {
  /** The whole pages inside the range, or undefined where it holds none. */
  readonly range: AddressRange | undefined;
  /** Bytes at both ends that share a page with something else and were left out. */
  readonly cutBytes: bigint;
}

export function rangeBytes(range: AddressRange): bigint {
  return range.end - range.start;
}

/** Bytes in all ranges; they must not overlap (see {@link joinRanges}). */
export function totalBytes(ranges: Iterable<AddressRange>): bigint {
  let sum = 0n;
  for (const range of ranges) sum += rangeBytes(range);
  return sum;
}

/**
 * Shrinks a range to the whole pages inside it: a page that is only partly ours may hold a
 * neighbour's data, about which the caller promised nothing.
 */
export function alignInward(range: AddressRange, pageSize: number): AlignedRange {
  const page = BigInt(pageSize);
  const start = ((range.start + page - 1n) / page) * page;
  const end = (range.end / page) * page;
  if (start >= end) return { range: undefined, cutBytes: rangeBytes(range) };
  return { range: { start, end }, cutBytes: start - range.start + (range.end - end) };
}

/** The union of the ranges: sorted, overlapping and touching ones joined, empty ones dropped. */
export function joinRanges(ranges: readonly AddressRange[]): readonly AddressRange[] {
  const sorted = ranges
    .filter((range) => range.end > range.start)
    .sort((a, b) => (a.start < b.start ? -1 : a.start > b.start ? 1 : 0));
  const joined: AddressRange[] = [];
  for (const range of sorted) {
    const last = joined.at(-1);
    if (last && range.start <= last.end) {
      if (range.end > last.end) joined[joined.length - 1] = { start: last.start, end: range.end };
    } else {
      joined.push({ start: range.start, end: range.end });
    }
  }
  return joined;
}
