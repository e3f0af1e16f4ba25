// SPDX-License-Identifier: MIT
/** What a drive looks at on each tick, read in one go. */
import { UpmError } from '../../errors.js';
import { readKsmState } from '../../proc/ksm-sysfs.js';
import type { HostRoots } from '../../proc/reading.js';
import type { ScanCounters } from './convergence.js';
import type { DrivenSettings } from './driver-status.js';
import { drivenSettings } from './settings.js';

export interface ScanState extends ScanCounters {
  readonly settings: DrivenSettings;
  /** The merged pages, in bytes. */
  readonly mergedBytes: number;
  /** Pages ksmd has a record of: merged, tried and not merged, or still changing. */
  readonly trackedPages: number;
}

/** @throws UpmError ERR_UPM_UNSUPPORTED where the kernel has no KSM, ERR_UPM_SYSTEM if unreadable. */
export async function readScan(roots: HostRoots, pageSize: number): Promise<ScanState> {
  const reading = await readKsmState(roots);
  if (reading.kind !== 'value') {
    throw new UpmError(
      reading.kind === 'absent' ? 'ERR_UPM_UNSUPPORTED' : 'ERR_UPM_SYSTEM',
      `cannot read ${reading.path}: ${reading.message}`,
    );
  }
  const state = reading.value;
  const settings = drivenSettings(state);
  if (!settings) {
    throw new UpmError('ERR_UPM_SYSTEM', 'ksmd shows no settings: is /sys the host kernel’s?');
  }
  const merged = (state.pagesShared ?? 0) + (state.pagesSharing ?? 0) + (state.ksmZeroPages ?? 0);
  return {
    settings,
    fullScans: state.fullScans ?? 0,
    mergedPages: merged,
    mergedBytes: merged * pageSize,
    trackedPages: merged + (state.pagesUnshared ?? 0) + Math.max(0, state.pagesVolatile ?? 0),
  };
}
