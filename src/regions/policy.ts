// SPDX-License-Identifier: MIT
/** Which kinds of regions are worth advising, and from which size on. */
import type { RegionKind } from './classify.js';

export interface SelectionPolicy {
  readonly kinds: ReadonlySet<RegionKind>;
  /** Mappings smaller than this are left alone, bytes. */
  readonly minBytes: number;
}

export const policyNames = ['weights', 'private', 'all'] as const;
export type PolicyName = (typeof policyNames)[number];

const mebibyte = 1024 * 1024;

export const policies: Readonly<Record<PolicyName, SelectionPolicy>> = {
  /** Large anonymous blocks: where loaded models and tables are. The default. */
  weights: { kinds: new Set(['anonymous']), minBytes: mebibyte },
  /** Also what the language runtime allocates in small pieces. */
  private: { kinds: new Set(['anonymous', 'heap']), minBytes: 128 * 1024 },
  /** Whatever the kernel can merge, including written file pages; most of the rest holds pointers. */
  all: { kinds: new Set(['anonymous', 'heap', 'jit', 'file-written']), minBytes: 0 },
};
