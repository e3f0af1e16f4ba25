// SPDX-License-Identifier: MIT
/**
 * Holding ksmd's settings: from the moment they are recorded until they are restored. Whoever drives
 * holds exactly one of these.
 */
import { readKsmState } from '../../proc/ksm-sysfs.js';
import type { HostRoots } from '../../proc/reading.js';
import type { BatchSettings } from './budget.js';
import type { DriveDecision, DrivenSettings } from './driver-status.js';
import { recoverKsmSettings } from './recover.js';
import { createRecord, ownRecord, removeRecord, removeRecordSync } from './settings-record.js';
import {
  changedByOthers,
  drivenSettings,
  drivenSettingsSync,
  undoApplied,
  writeSettings,
  writeSettingsSync,
  type DrivenName,
} from './settings.js';

export interface Takeover {
  applied(): DrivenSettings;
  batch(): BatchSettings;
  changedByOthers(now: DrivenSettings): readonly DrivenName[];
  /** Applies another batch size. */
  adjust(batch: BatchSettings): Promise<void>;
  /** Restores the settings and gives the record up. @returns what others changed and was left alone. */
  restore(): Promise<readonly DrivenName[]>;
}

export type TakeoverAttempt =
  | { readonly kind: 'taken'; readonly takeover: Takeover }
  /** Somebody else manages ksmd. */
  | { readonly kind: 'observing'; readonly reason: string }
  /** This kernel cannot. */
  | { readonly kind: 'blocked'; readonly reason: string };

/** Takeovers of this process whose settings could not be restored yet, by state file. */
const unrestored = new Map<string, Takeover>();

/** Who manages ksmd, if it is not us; undefined if nobody does. */
export function managedBy(settings: DrivenSettings): string | undefined {
  if (settings.run === 1) return 'ksmd already runs (run = 1)';
  if (settings.run === 2) return 'the operator had everything unmerged (run = 2)';
  if (settings.advisorMode !== undefined && settings.advisorMode !== 'none') {
    return `the kernel's ${settings.advisorMode} advisor manages ksmd`;
  }
  return undefined;
}

/**
 * Takes ksmd's settings over, if `decision` and the host allow it.
 * @throws UpmError if the record cannot be kept or the settings cannot be written; nothing is then
 * changed.
 */
export async function takeOver(
  roots: HostRoots,
  stateFile: string,
  decision: DriveDecision,
  batch: BatchSettings,
): Promise<TakeoverAttempt> {
  // Our own record would pass for a living driver's, and keep us from driving as long as we live.
  await unrestored.get(stateFile)?.restore();
  const recovery = await recoverKsmSettings({ roots, stateFile });
  if (recovery.kind === 'in-use') {
    return { kind: 'observing', reason: `process ${recovery.pid} drives ksmd (${stateFile})` };
  }
  const state = await readKsmState(roots);
  if (state.kind !== 'value') {
    return { kind: 'blocked', reason: `no KSM on this host: ${state.path}: ${state.message}` };
  }
  const original = drivenSettings(state.value);
  if (!original) return { kind: 'blocked', reason: 'ksmd shows no settings' };
  const manager = managedBy(original);
  if (decision !== 'always' && manager !== undefined) return { kind: 'observing', reason: manager };

  if (!(await createRecord(stateFile, await ownRecord(roots, original)))) {
    return { kind: 'observing', reason: `another driver was faster (${stateFile})` };
  }
  const applied = applying(original, batch);
  const takeover = hold(roots, stateFile, original, applied);
  try {
    await writeSettings(roots, applied);
  } catch (error) {
    // The first error is the one to tell; what could not be undone now is tried again by the next drive.
    await takeover.restore().catch(() => undefined);
    throw error;
  }
  return { kind: 'taken', takeover };
}

function applying(original: DrivenSettings, batch: BatchSettings): DrivenSettings {
  return {
    run: 1,
    ...batch,
    ...(original.advisorMode === undefined ? {} : { advisorMode: 'none' }),
  };
}

function hold(
  roots: HostRoots,
  stateFile: string,
  original: DrivenSettings,
  first: DrivenSettings,
): Takeover {
  let applied = first;

  // The last chance if the program ends without closing the driver; a crash goes through the record.
  const atExit = (): void => {
    try {
      const now = drivenSettingsSync(roots);
      writeSettingsSync(roots, undoApplied(original, applied, now ?? applied).write);
      removeRecordSync(stateFile);
    } catch {
      // The record stays, and the next driver (or `upm-advise restore`) puts things back.
    }
  };
  process.once('exit', atExit);

  const takeover: Takeover = {
    applied: () => applied,
    batch: () => applied,
    changedByOthers: (now) => changedByOthers(now, applied),
    async adjust(batch) {
      if (batch.pagesToScan === applied.pagesToScan) return;
      // Noted first: a tick that reads the new value must not take it for somebody else's.
      const before = applied;
      applied = { ...applied, pagesToScan: batch.pagesToScan };
      try {
        await writeSettings(roots, { pagesToScan: batch.pagesToScan });
      } catch (error) {
        // Still what it was, and ours to restore.
        applied = before;
        throw error;
      }
    },
    async restore() {
      const state = await readKsmState(roots);
      const now = state.kind === 'value' ? drivenSettings(state.value) : undefined;
      const undo = undoApplied(original, applied, now ?? applied);
      try {
        await writeSettings(roots, undo.write);
        await removeRecord(stateFile);
      } catch (error) {
        unrestored.set(stateFile, takeover);
        throw error;
      }
      unrestored.delete(stateFile);
      process.removeListener('exit', atExit);
      return undo.foreign;
    },
  };
  return takeover;
}
