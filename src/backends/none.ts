// SPDX-License-Identifier: MIT
/** No kernel help: takes every advice and says that nothing came of it. */
import { rangeBytes, type AddressRange } from '../regions/range.js';
import type { AdviseOutcome, Backend, MergeHost } from './backend.js';

/** @param reason why nothing better could be chosen, for people. */
export function createNoneBackend(reason: string): Backend {
  const refuse = (ranges: readonly AddressRange[]): Promise<AdviseOutcome> =>
    Promise.resolve({
      advisedRanges: 0,
      advisedBytes: 0,
      refused: ranges
        .filter((range) => rangeBytes(range) > 0n)
        .map((range) => ({ range, code: 'ENOSYS', message: reason })),
    });
  return {
    name: 'none',
    capabilities: {
      synchronous: false,
      domains: false,
      remote: false,
      wholeProcess: false,
      unadvise: false,
    },
    advise: refuse,
    unadvise: refuse,
  };
}

export function createNoneHost(): MergeHost {
  return {
    name: 'none',
    readHost: () =>
      Promise.resolve({
        kind: 'value',
        value: { sharedBytes: 0, savedBytes: 0, unmergeNeedBytes: 0 },
      }),
    readProcess: () =>
      Promise.resolve({
        kind: 'value',
        value: { optedIn: false, mergedBytes: 0, zeroBytes: 0, trackedBytes: 0 },
      }),
  };
}
