// SPDX-License-Identifier: MIT
/**
 * Bounds the number of functions that have series. A function that has them keeps them as long as it
 * exists, so that series do not come and go; free places are given by name.
 */
import type { FunctionIdentity } from '../accounting/attribution.js';
import { functionKey } from '../accounting/by-function.js';

export interface FunctionCap<T extends FunctionIdentity> {
  /** Those that have series now, and how many were left out. */
  choose(functions: readonly T[]): { readonly shown: readonly T[]; readonly dropped: number };
}

export function createFunctionCap<T extends FunctionIdentity>(limit: number): FunctionCap<T> {
  let holders: ReadonlySet<string> = new Set<string>();
  return {
    choose(functions) {
      const kept = functions.filter((one) => holders.has(functionKey(one)));
      const fresh = functions.filter((one) => !holders.has(functionKey(one)));
      const shown = [...kept, ...fresh].slice(0, limit);
      holders = new Set(shown.map(functionKey));
      return { shown, dropped: functions.length - shown.length };
    },
  };
}
