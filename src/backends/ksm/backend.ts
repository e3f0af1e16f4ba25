// SPDX-License-Identifier: MIT
/**
 * Advises this process's own memory to stock KSM with madvise(MADV_MERGEABLE). The call only marks:
 * merging is done by ksmd, when somebody runs it (upmd, an operator, the kernel's advisor).
 */
import { native } from '../../native/addon.js';
import { rangeBytes, type AddressRange } from '../../regions/range.js';
import type { AdviseOutcome, Backend, RefusedRange } from '../backend.js';

/** @throws UpmError ERR_UPM_UNSUPPORTED where the addon cannot be loaded. */
export function createKsmBackend(): Backend {
  const addon = native();
  return {
    name: 'ksm',
    capabilities: {
      synchronous: false,
      domains: false,
      remote: false,
      wholeProcess: true,
      unadvise: true,
    },
    advise: (ranges) => apply(ranges, addon.advice.MADV_MERGEABLE),
    unadvise: (ranges) => apply(ranges, addon.advice.MADV_UNMERGEABLE),
  };
}

async function apply(ranges: readonly AddressRange[], advice: number): Promise<AdviseOutcome> {
  const pairs = new BigUint64Array(ranges.length * 2);
  ranges.forEach((range, index) => {
    pairs[index * 2] = range.start;
    pairs[index * 2 + 1] = rangeBytes(range);
  });
  const result = await native().madviseRanges(pairs, advice);
  const refused = result.failures.map((failure): RefusedRange => {
    const range = ranges[failure.index] ?? { start: 0n, end: 0n };
    return { range, code: failure.code, message: explain(failure.code) };
  });
  return {
    advisedRanges: result.advised,
    advisedBytes: Number(result.advisedBytes),
    refused,
  };
}

/** Causes by errno, from madvise(2) and the kernel's KSM documentation. */
const causes: Readonly<Record<string, string>> = {
  EINVAL:
    'the kernel has no KSM (CONFIG_KSM), or the range is not page aligned: see upm-advise doctor',
  ENOMEM:
    'part of the range is not mapped any more, or the process has no room for further mappings ' +
    '(sysctl vm.max_map_count)',
  EAGAIN: 'the kernel was short of memory for its records; try again later',
  EPERM: 'the memory is sealed or forbidden to be advised',
};

function explain(code: string): string {
  return causes[code] ?? `the kernel refused with ${code}`;
}
