// SPDX-License-Identifier: MIT
/** Puts ksmd's settings back after a driver that did not live to do it. */
import { UpmError } from '../../errors.js';
import { readKsmState } from '../../proc/ksm-sysfs.js';
import type { HostRoots } from '../../proc/reading.js';
import type { DrivenSettings } from './driver-status.js';
import { drivenSettings, undoCrashed, writeSettings, type DrivenName } from './settings.js';
import { loadRecord, ownerState, removeRecord, type SettingsRecord } from './settings-record.js';

export type Recovery =
  | { readonly kind: 'nothing-to-recover' }
  /** The record's owner lives (or cannot be judged from this pid namespace): nothing was touched. */
  | { readonly kind: 'in-use'; readonly pid: number; readonly self: boolean }
  /** The record was made before the last boot, which reset the settings; it was removed. */
  | { readonly kind: 'outdated' }
  | {
      readonly kind: 'recovered';
      readonly restored: Partial<DrivenSettings>;
      /** Settings that somebody else changed after the crash; they were left as they are. */
      readonly kept: readonly DrivenName[];
    };

export interface RecoveryOptions {
  readonly roots: HostRoots;
  readonly stateFile: string;
}

/**
 * Restores the settings that a crashed driver left behind, if there is a record of one.
 * @throws UpmError where the record cannot be read or the settings cannot be written; the record
 * then stays, for somebody who may.
 */
export async function recoverKsmSettings(options: RecoveryOptions): Promise<Recovery> {
  const record = await loadRecord(options.stateFile);
  if (!record) return { kind: 'nothing-to-recover' };
  const owner = await ownerState(options.roots, record);
  switch (owner.kind) {
    case 'self':
    case 'alive':
    case 'foreign':
      return { kind: 'in-use', pid: record.owner.pid, self: owner.kind === 'self' };
    case 'stale':
      await removeRecord(options.stateFile);
      return { kind: 'outdated' };
    case 'dead':
      return await restoreFrom(record, options);
  }
}

async function restoreFrom(record: SettingsRecord, options: RecoveryOptions): Promise<Recovery> {
  const state = await readKsmState(options.roots);
  const now = state.kind === 'value' ? drivenSettings(state.value) : undefined;
  if (!now) {
    throw new UpmError('ERR_UPM_UNSUPPORTED', `cannot restore ksmd's settings: KSM is not there`);
  }
  const undo = undoCrashed(record.original, now);
  await writeSettings(options.roots, undo.write);
  await removeRecord(options.stateFile);
  return { kind: 'recovered', restored: undo.write, kept: undo.foreign };
}
