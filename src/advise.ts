// SPDX-License-Identifier: MIT
/**
 * The library: a program names the memory that its siblings hold too, and the kernel keeps it once.
 *
 * Advice is a hint. Content never changes, a write to a merged page gives the writer its own copy
 * again, and no call here makes a program fail for a reason of the host's: what could not be advised
 * is in the result.
 */
import { chooseBackend, createBackend } from './backends/choose.js';
import type { Backend, BackendName, RefusedRange } from './backends/backend.js';
import { native } from './native/addon.js';
import { readMaps } from './proc/maps.js';
import { hostRoots } from './proc/reading.js';
import { policies, type PolicyName, type SelectionPolicy } from './regions/policy.js';
import { rangeBytes, type AddressRange } from './regions/range.js';
import { selectPages, selectRegions } from './regions/select.js';

/** A buffer whose bytes may be merged. Views count with the part they cover. */
export type AdviseTarget = ArrayBufferLike | ArrayBufferView;

export interface AdviseResult {
  /** Who took the advice; `none` where the kernel offers nothing. */
  readonly backend: BackendName;
  /** The pages were merged when the call returned; otherwise the kernel merges them later. */
  readonly synchronous: boolean;
  /** Bytes of whole pages that were advised. */
  readonly advisedBytes: number;
  /** Bytes at the ends of buffers that share a page with something else and were left out. */
  readonly cutBytes: number;
  /** Ranges that the kernel refused, each with the cause. */
  readonly refused: readonly RefusedRange[];
}

let chosen: Promise<Backend> | undefined;

/**
 * Keeps buffers from being collected, and their addresses from being given to somebody else, while a
 * call on them is under way.
 */
const inFlight = new Set<readonly AdviseTarget[]>();

async function backend(): Promise<Backend> {
  chosen ??= chooseBackend().then(createBackend);
  try {
    return await chosen;
  } catch (error) {
    // What was missing may be there the next time.
    chosen = undefined;
    throw error;
  }
}

/**
 * Advises buffers to be merged with equal pages of other processes. Call it when their content is
 * final, and keep them alive meanwhile. Small buffers hold no whole page and are cut entirely.
 * @throws TypeError or RangeError for what is no buffer, or is detached or empty.
 */
export async function advise(
  target: AdviseTarget | readonly AdviseTarget[],
): Promise<AdviseResult> {
  const used = await backend();
  return await onBuffers(target, used, (ranges) => used.advise(ranges));
}

/** Takes advice back: merged pages become private again, at the price of their memory. */
export async function unadvise(
  target: AdviseTarget | readonly AdviseTarget[],
): Promise<AdviseResult> {
  const used = await backend();
  return await onBuffers(target, used, (ranges) => used.unadvise(ranges));
}

/**
 * Advises this process's own regions by a policy: what a hook does where the program does not know
 * the addresses, such as the weights inside a native inference library.
 */
export async function adviseRegions(
  policy: PolicyName | SelectionPolicy = 'weights',
): Promise<AdviseResult> {
  const used = await backend();
  const mappings = await readMaps(hostRoots, process.pid);
  if (mappings.kind !== 'value') {
    const range = { start: 0n, end: 0n };
    const message = `cannot read ${mappings.path}: ${mappings.message}`;
    return result(used, 0, 0, [{ range, code: 'EACCES', message }]);
  }
  const selection = selectRegions(
    mappings.value,
    typeof policy === 'string' ? policies[policy] : policy,
  );
  const outcome = await used.advise(selection.ranges);
  return result(used, outcome.advisedBytes, 0, outcome.refused);
}

async function onBuffers(
  target: AdviseTarget | readonly AdviseTarget[],
  used: Backend,
  act: (ranges: readonly AddressRange[]) => ReturnType<Backend['advise']>,
): Promise<AdviseResult> {
  const targets = isList(target) ? [...target] : [target];
  const { ranges, cutBytes } = selectPages(targets.map(rangeOf), native().pageSize);
  if (ranges.every((range) => rangeBytes(range) === 0n)) return result(used, 0, cutBytes, []);
  inFlight.add(targets);
  try {
    const outcome = await act(ranges);
    return result(used, outcome.advisedBytes, cutBytes, outcome.refused);
  } finally {
    inFlight.delete(targets);
  }
}

function isList(target: AdviseTarget | readonly AdviseTarget[]): target is readonly AdviseTarget[] {
  return Array.isArray(target);
}

function rangeOf(target: AdviseTarget): AddressRange {
  const { address, length } = native().locate(target);
  return { start: address, end: address + BigInt(length) };
}

function result(
  used: Backend,
  advisedBytes: number,
  cutBytes: number,
  refused: readonly RefusedRange[],
): AdviseResult {
  return {
    backend: used.name,
    synchronous: used.capabilities.synchronous,
    advisedBytes,
    cutBytes,
    refused,
  };
}
