// SPDX-License-Identifier: MIT
/**
 * Tells when ksmd has merged what there is to merge. A page is merged only after two scans saw it
 * unchanged, and its twin may come later in the same scan; so a drive has converged when at least
 * three full scans ended since the last kick and the last of them merged next to nothing.
 */

export interface ScanCounters {
  /** full_scans: passes over all mergeable memory since boot. */
  readonly fullScans: number;
  /** pages_shared + pages_sharing + ksm_zero_pages. */
  readonly mergedPages: number;
}

/** Scans that must end after a kick. The first may have been half done when the kick came. */
const minScans = 3;
/** A scan that changed fewer pages than this has found nothing new. */
const quietPages = 16;
/** On large hosts, so has one that changed less than this share of the merged pages. */
const quietShare = 0.0005;

export interface ConvergenceTracker {
  /** Feeds the counters of a tick; true if converged. */
  update(counters: ScanCounters): boolean;
  /** Full scans ended since the start. */
  scans(): number;
}

/** Starts at a kick. @param start counters at the kick. */
export function trackConvergence(start: ScanCounters): ConvergenceTracker {
  let scanEnd = start;
  let scans = 0;
  return {
    update(counters) {
      if (counters.fullScans === scanEnd.fullScans) return false;
      scans = counters.fullScans - start.fullScans;
      const changed = Math.abs(counters.mergedPages - scanEnd.mergedPages);
      const quiet = changed <= Math.max(quietPages, counters.mergedPages * quietShare);
      scanEnd = counters;
      return scans >= minScans && quiet;
    },
    scans: () => scans,
  };
}
