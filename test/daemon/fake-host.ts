// SPDX-License-Identifier: MIT
/** A host whose kernel says what the test wants. */
import type {
  HostMergeCounters,
  MergeHost,
  ProcessMergeState,
} from '../../src/backends/backend.js';
import type { ReadFailure } from '../../src/proc/reading.js';

export const noMerge: ProcessMergeState = {
  optedIn: false,
  mergedBytes: 0,
  zeroBytes: 0,
  trackedBytes: 0,
};

export interface FakeHost extends MergeHost {
  readonly states: Map<number, ProcessMergeState>;
  readonly failures: Map<number, ReadFailure>;
  /** Called with the pid on each look at a process. */
  onRead: (pid: number) => void;
}

export function makeHost(counters: Partial<HostMergeCounters> = {}): FakeHost {
  const host: FakeHost = {
    name: 'ksm',
    states: new Map(),
    failures: new Map(),
    onRead: () => undefined,
    readHost: () =>
      Promise.resolve({
        kind: 'value',
        value: { sharedBytes: 0, savedBytes: 0, unmergeNeedBytes: 0, ...counters },
      }),
    readProcess(pid) {
      host.onRead(pid);
      const value = host.states.get(pid) ?? noMerge;
      return Promise.resolve(host.failures.get(pid) ?? { kind: 'value', value });
    },
  };
  return host;
}
