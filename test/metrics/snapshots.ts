// SPDX-License-Identifier: MIT
/** Snapshots made of the parts a test is about. */
import type { FunctionTotals } from '../../src/accounting/function-totals.js';
import type { Snapshot } from '../../src/accounting/snapshot.js';
import { createExposition, type Exposition } from '../../src/metrics/exposition.js';
import type { ExpositionOptions } from '../../src/metrics/exposition.js';

export function totalsOf(name: string, numbers: Partial<FunctionTotals> = {}): FunctionTotals {
  return {
    namespace: 'default',
    function: name,
    instances: 2,
    sampledInstances: 2,
    residentBytes: 300,
    proportionalBytes: 200,
    uniqueBytes: 100,
    advisedBytes: 80,
    mergedBytes: 60,
    savedBytes: 40,
    ...numbers,
  };
}

export function snapshotOf(parts: Partial<Snapshot> = {}): Snapshot {
  return {
    startedAt: 1_000_000,
    finishedAt: 1_002_500,
    durationSeconds: 2.5,
    listing: { kind: 'value' },
    processes: [],
    functions: [],
    host: {
      kind: 'value',
      value: {
        sharedBytes: 4096,
        savedBytes: 12_288,
        unmergeNeedBytes: 12_288,
        metadataBytes: 256,
        pagesExamined: 1000,
        pagesUnmergedByWrite: 7,
      },
    },
    unreadable: { absent: 0, denied: 3, gone: 1, invalid: 0, limit: 0 },
    deferred: 0,
    oldestSampledAt: 1_001_000,
    ...parts,
  };
}

export function expositionOf(options: Partial<ExpositionOptions> = {}): Exposition {
  return createExposition({
    version: '1.2.3',
    backend: 'ksm',
    maxFunctions: 10,
    driverStatus: () => undefined,
    samplerCpuSeconds: () => 0.5,
    ...options,
  });
}

/** The lines of our own metrics that have values. */
export async function ownLines(exposition: Exposition): Promise<readonly string[]> {
  return (await exposition.render()).split('\n').filter((line) => line.startsWith('upm_'));
}
