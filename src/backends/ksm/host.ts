// SPDX-License-Identifier: MIT
/**
 * What stock KSM counts, translated into the project's terms. The kernel's own definitions are in
 * its documentation (admin-guide/mm/ksm): `pages_shared` frames are kept, `pages_sharing` further
 * mappings point at them, so `pages_sharing` is what is saved.
 */
import { readKsmStat } from '../../proc/ksm-stat.js';
import { readKsmState, type KsmState } from '../../proc/ksm-sysfs.js';
import { readVmstat } from '../../proc/vmstat.js';
import type { HostRoots } from '../../proc/reading.js';
import type { HostMergeCounters, MergeHost, ProcessMergeState } from '../backend.js';

/** @param pageSize bytes. */
export function createKsmHost(roots: HostRoots, pageSize: number): MergeHost {
  return {
    name: 'ksm',

    async readHost() {
      const state = await readKsmState(roots);
      if (state.kind !== 'value') return state;
      const vmstat = await readVmstat(roots);
      const copies = vmstat.kind === 'value' ? vmstat.value.get('cow_ksm') : undefined;
      return { kind: 'value', value: hostCounters(state.value, pageSize, copies) };
    },

    async readProcess(pid) {
      const stat = await readKsmStat(roots, pid);
      if (stat.kind !== 'value') return stat;
      const { mergingPages = 0, zeroPages = 0, rmapItems = 0, mergeAny, mergeable } = stat.value;
      const value: ProcessMergeState = {
        // Older kernels have neither flag; there a record of any page tells as much.
        optedIn: mergeable ?? mergeAny ?? (rmapItems > 0 || mergingPages > 0 ? true : undefined),
        mergedBytes: mergingPages * pageSize,
        zeroBytes: zeroPages * pageSize,
        trackedBytes: rmapItems * pageSize,
      };
      return { kind: 'value', value };
    },
  };
}

function hostCounters(
  state: KsmState,
  pageSize: number,
  copies: bigint | undefined,
): HostMergeCounters {
  const saved = ((state.pagesSharing ?? 0) + (state.ksmZeroPages ?? 0)) * pageSize;
  return {
    sharedBytes: (state.pagesShared ?? 0) * pageSize,
    savedBytes: saved,
    ...(state.ksmZeroPages === undefined ? {} : { zeroBytes: state.ksmZeroPages * pageSize }),
    // Each mapping needs a page of its own once written; the kept frames are free then. The last
    // writer copies too before its frame goes, but only one page at a time.
    unmergeNeedBytes: saved,
    // general_profit is what is saved less the kernel's records (since 6.4).
    ...(state.generalProfit === undefined
      ? {}
      : { metadataBytes: Math.max(0, saved - state.generalProfit) }),
    ...(state.pagesScanned === undefined ? {} : { pagesExamined: state.pagesScanned }),
    ...(copies === undefined ? {} : { pagesUnmergedByWrite: Number(copies) }),
  };
}
