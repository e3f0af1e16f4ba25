// SPDX-License-Identifier: MIT
/** Samples made of the numbers a test is about. */
import type { ProcessFacts } from '../../src/accounting/attribution.js';
import type { FunctionMember } from '../../src/accounting/function-totals.js';
import type { ProcessSample } from '../../src/accounting/process-sample.js';
import type { ProcessMergeState } from '../../src/backends/backend.js';

export interface SampleNumbers {
  readonly rss?: number;
  readonly pss?: number;
  readonly unique?: number;
  readonly advised?: number | undefined;
  readonly merged?: number;
  readonly zero?: number;
}

export function mergeState(merged: number, zero = 0): ProcessMergeState {
  return { optedIn: true, mergedBytes: merged, zeroBytes: zero, trackedBytes: merged };
}

export function sampleOf(numbers: SampleNumbers): ProcessSample {
  const { rss = 0, pss = 0, unique = 0, merged, zero, advised } = numbers;
  return {
    usage: {
      rssBytes: rss,
      pssBytes: pss,
      sharedCleanBytes: 0,
      sharedDirtyBytes: 0,
      privateCleanBytes: 0,
      privateDirtyBytes: unique,
    },
    uniqueBytes: unique,
    merge:
      merged === undefined
        ? { kind: 'absent', path: 'ksm_stat', message: 'not in this kernel' }
        : { kind: 'value', value: mergeState(merged, zero) },
    advisedBytes: advised,
  };
}

export function member(name: string, numbers?: SampleNumbers): FunctionMember {
  const identity = { namespace: 'default', function: name };
  return { function: identity, ...(numbers && { sample: sampleOf(numbers) }) };
}

export function factsOf(facts: Partial<ProcessFacts> = {}): ProcessFacts {
  return { pid: 1, startTimeTicks: 1n, uid: 0, comm: 'comm', arguments: [], ...facts };
}
