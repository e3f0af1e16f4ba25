// SPDX-License-Identifier: MIT
/** Functions as keys of maps and sets. */
import type { FunctionIdentity } from './attribution.js';

/** Equal for equal identities only, whatever characters are in the names. */
export function functionKey({ namespace, function: name }: FunctionIdentity): string {
  return JSON.stringify([namespace, name]);
}

/** Groups by function, in the order of first appearance. Keys are those of {@link functionKey}. */
export function groupByFunction<T extends { readonly function: FunctionIdentity }>(
  items: readonly T[],
): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = functionKey(item.function);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return groups;
}
