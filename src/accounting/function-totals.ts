// SPDX-License-Identifier: MIT
/**
 * Adds the samples of processes up by function.
 *
 * How a saving is shared out. The kernel counts, for the host, frames that are kept (`shared`) and
 * references beyond the first of each frame (`extra`); for a process it counts references
 * (`merged`) and does not say whose reference is the first. So each reference is worth the same part
 * of a frame saved: extra / (extra + shared). A process saved
 *
 *     merged × extra / (extra + shared)  +  pages replaced by the zero page
 *
 * Since the references of all processes are extra + shared, the shares of all processes together are
 * exactly what the host counter says. If some processes are not seen, their share is missing from
 * the sum. Processes are read one after another while ksmd goes on: should the references seen be more
 * than the host has, they are the divisor, so that the sum never claims more than was saved.
 *
 * `HostMergeCounters.savedBytes` holds the zero pages too; the host's `zeroBytes` are taken off it to
 * get `extra`, or those of the processes seen where that is more or the host does not tell.
 */
import type { HostMergeCounters, ProcessMergeState } from '../backends/backend.js';
import type { FunctionIdentity } from './attribution.js';
import { groupByFunction } from './by-function.js';
import type { ProcessSample } from './process-sample.js';

/** An instance of a function; without a sample if its memory was not read yet or cannot be read. */
export interface FunctionMember {
  readonly function: FunctionIdentity;
  readonly sample?: ProcessSample;
}

/**
 * Sums over the instances of a function, in bytes. Instances without a sample count as instances and
 * add nothing else. A number that no instance could give is undefined.
 */
export interface FunctionTotals extends FunctionIdentity {
  readonly instances: number;
  /** Instances whose memory is in the sums. */
  readonly sampledInstances: number;
  /** Sum of RSS: counts a page once for each instance that maps it. Not memory in use. */
  readonly residentBytes: number;
  /** Sum of PSS: memory in use, each shared page divided among its users. */
  readonly proportionalBytes: number;
  readonly uniqueBytes: number;
  readonly advisedBytes: number | undefined;
  readonly mergedBytes: number | undefined;
  readonly savedBytes: number | undefined;
}

/** Bytes a process saved, by its merge state. */
export type SavingShare = (state: ProcessMergeState) => number;

/**
 * Makes the rule of sharing out from what is known of the host and of the processes seen. Undefined
 * if the host's counters are unknown.
 */
export function savingShare(
  host: HostMergeCounters | undefined,
  seen: Iterable<ProcessMergeState>,
): SavingShare | undefined {
  if (host === undefined) return undefined;
  let merged = 0;
  let zero = 0;
  for (const state of seen) {
    merged += state.mergedBytes;
    zero += state.zeroBytes;
  }
  // The zero pages of processes not seen are no references either: to take off too few would give the
  // processes seen a part of them.
  const extra = Math.max(0, host.savedBytes - Math.max(zero, host.zeroBytes ?? 0));
  const references = Math.max(extra + host.sharedBytes, merged);
  const part = references === 0 ? 0 : extra / references;
  return (state) => state.mergedBytes * part + state.zeroBytes;
}

/** Totals by function, ordered by namespace and name. */
export function totalsByFunction(
  members: readonly FunctionMember[],
  share: SavingShare | undefined,
): readonly FunctionTotals[] {
  return [...groupByFunction(members).values()]
    .flatMap((group) => totalsOf(group, share) ?? [])
    .sort(byNamespaceAndName);
}

/** The merge states that samples hold. */
export function mergeStates(members: readonly FunctionMember[]): readonly ProcessMergeState[] {
  return members.flatMap(({ sample }) => mergeStateOf(sample) ?? []);
}

/** The merge state in a sample, if the kernel told it. */
export function mergeStateOf(sample: ProcessSample | undefined): ProcessMergeState | undefined {
  return sample?.merge.kind === 'value' ? sample.merge.value : undefined;
}

function totalsOf(
  group: readonly FunctionMember[],
  share: SavingShare | undefined,
): FunctionTotals | undefined {
  const first = group[0];
  if (first === undefined) return undefined;
  const samples = group.flatMap(({ sample }) => sample ?? []);
  const states = mergeStates(group);
  return {
    namespace: first.function.namespace,
    function: first.function.function,
    instances: group.length,
    sampledInstances: samples.length,
    residentBytes: sum(samples.map(({ usage }) => usage.rssBytes)),
    proportionalBytes: sum(samples.map(({ usage }) => usage.pssBytes)),
    uniqueBytes: sum(samples.map((sample) => sample.uniqueBytes)),
    advisedBytes: sumIfAny(samples.flatMap(({ advisedBytes }) => advisedBytes ?? [])),
    mergedBytes: sumIfAny(states.map(({ mergedBytes }) => mergedBytes)),
    savedBytes: share && sumIfAny(states.map(share)),
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function sumIfAny(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : sum(values);
}

function byNamespaceAndName(left: FunctionIdentity, right: FunctionIdentity): number {
  return compare(left.namespace, right.namespace) || compare(left.function, right.function);
}

function compare(left: string, right: string): number {
  return left < right ? -1 : Number(left > right);
}
