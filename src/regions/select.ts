// SPDX-License-Identifier: MIT
/** Applies a policy to the mappings of a process. */
import type { Mapping, SmapsMapping } from '../proc/mapping.js';
import { classify, type RegionKind } from './classify.js';
import type { SelectionPolicy } from './policy.js';
import { alignInward, joinRanges, rangeBytes, type AddressRange } from './range.js';

/** Why a mapping was left alone. */
export type LeftReason =
  /** The policy does not want its kind. */
  | 'kind'
  /** Smaller than the policy's minimum. */
  | 'small';

export interface ClassifiedRegion {
  readonly mapping: Mapping | SmapsMapping;
  readonly kind: RegionKind;
}

export interface LeftRegion extends ClassifiedRegion {
  readonly reason: LeftReason;
}

export interface Selection {
  readonly regions: readonly ClassifiedRegion[];
  /** The regions' addresses; neighbours joined, so that one call covers them. */
  readonly ranges: readonly AddressRange[];
  readonly left: readonly LeftRegion[];
}

export function selectRegions(
  mappings: readonly (Mapping | SmapsMapping)[],
  policy: SelectionPolicy,
): Selection {
  const regions: ClassifiedRegion[] = [];
  const left: LeftRegion[] = [];
  for (const mapping of mappings) {
    const kind = classify(mapping);
    if (!policy.kinds.has(kind)) left.push({ mapping, kind, reason: 'kind' });
    else if (rangeBytes(mapping) < BigInt(policy.minBytes)) {
      left.push({ mapping, kind, reason: 'small' });
    } else regions.push({ mapping, kind });
  }
  return { regions, ranges: joinRanges(regions.map((region) => region.mapping)), left };
}

export interface BufferSelection {
  readonly ranges: readonly AddressRange[];
  /** Bytes at the ends of the ranges that share a page with something else and were left out. */
  readonly cutBytes: number;
}

/**
 * Whole pages of arbitrary ranges, such as the buffers a program names: joined first, so that
 * buffers which meet inside a page keep that page.
 */
export function selectPages(ranges: readonly AddressRange[], pageSize: number): BufferSelection {
  const selected: AddressRange[] = [];
  let cutBytes = 0n;
  for (const range of joinRanges(ranges)) {
    const aligned = alignInward(range, pageSize);
    cutBytes += aligned.cutBytes;
    if (aligned.range) selected.push(aligned.range);
  }
  return { ranges: selected, cutBytes: Number(cutBytes) };
}
