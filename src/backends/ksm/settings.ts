// SPDX-License-Identifier: MIT
/** Reads and writes the settings of ksmd that a driver changes. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UpmError, isErrnoException, messageOf } from '../../errors.js';
import { ksmFiles, ksmFolder, parseAdvisorMode, type KsmState } from '../../proc/ksm-sysfs.js';
import type { HostRoots } from '../../proc/reading.js';
import type { DrivenSettings } from './driver-status.js';

export type DrivenName = keyof DrivenSettings;

/** The settings a driver would change, as they are now; undefined where this is no working KSM. */
export function drivenSettings(state: KsmState): DrivenSettings | undefined {
  if (
    state.run === undefined ||
    state.pagesToScan === undefined ||
    state.sleepMillisecs === undefined
  ) {
    return undefined;
  }
  return {
    run: state.run,
    pagesToScan: state.pagesToScan,
    sleepMillisecs: state.sleepMillisecs,
    ...(state.advisorMode === undefined ? {} : { advisorMode: state.advisorMode }),
  };
}

/** As {@link drivenSettings}, read anew, for the last moments of a process. */
export function drivenSettingsSync(roots: HostRoots): DrivenSettings | undefined {
  const read = (name: DrivenName): string =>
    readFileSync(join(ksmFolder(roots), ksmFiles[name]), 'utf8').trim();
  try {
    const settings = {
      run: Number(read('run')),
      pagesToScan: Number(read('pagesToScan')),
      sleepMillisecs: Number(read('sleepMillisecs')),
    };
    const hasAdvisor = existsSync(join(ksmFolder(roots), ksmFiles.advisorMode));
    const advisorMode = hasAdvisor ? parseAdvisorMode(read('advisorMode')) : undefined;
    return advisorMode === undefined ? settings : { ...settings, advisorMode };
  } catch {
    return undefined;
  }
}

/**
 * The order of writes matters: the kernel refuses pages_to_scan while an advisor is on, so the
 * advisor goes first when it is switched off and last when it is switched back on; ksmd starts only
 * when everything else is set, and stops before anything else is.
 */
function writeOrder(settings: Partial<DrivenSettings>): readonly DrivenName[] {
  const stopping = settings.run !== undefined && settings.run !== 1;
  const advisorOff = settings.advisorMode === undefined || settings.advisorMode === 'none';
  const order: DrivenName[] = ['pagesToScan', 'sleepMillisecs'];
  if (advisorOff) order.unshift('advisorMode');
  else order.push('advisorMode');
  if (stopping) order.unshift('run');
  else order.push('run');
  return order.filter((name) => settings[name] !== undefined);
}

function refusal(name: DrivenName, path: string, error: unknown): UpmError {
  if (isErrnoException(error) && ['EACCES', 'EPERM', 'EROFS'].includes(error.code ?? '')) {
    return new UpmError(
      'ERR_UPM_PERMISSION',
      `cannot change ksmd's ${ksmFiles[name]} (${error.code ?? ''}): writing ${path} needs root on ` +
        `the host, and /sys mounted writable`,
      { cause: error },
    );
  }
  return new UpmError('ERR_UPM_SYSTEM', `cannot write ${path}: ${messageOf(error)}`, {
    cause: error,
  });
}

/**
 * Writes the settings given, in a safe order.
 * @throws UpmError ERR_UPM_PERMISSION without root; ERR_UPM_SYSTEM otherwise.
 */
export async function writeSettings(
  roots: HostRoots,
  settings: Partial<DrivenSettings>,
): Promise<void> {
  for (const name of writeOrder(settings)) {
    const path = join(ksmFolder(roots), ksmFiles[name]);
    try {
      // Asynchronous: a write to `run` waits for the batch that ksmd is in.
      await writeFile(path, String(settings[name]));
    } catch (error) {
      throw refusal(name, path, error);
    }
  }
}

/** As {@link writeSettings}, for the last moments of a process. */
export function writeSettingsSync(roots: HostRoots, settings: Partial<DrivenSettings>): void {
  for (const name of writeOrder(settings)) {
    const path = join(ksmFolder(roots), ksmFiles[name]);
    try {
      writeFileSync(path, String(settings[name]));
    } catch (error) {
      throw refusal(name, path, error);
    }
  }
}

export const drivenNames: readonly DrivenName[] = [
  'run',
  'pagesToScan',
  'sleepMillisecs',
  'advisorMode',
];

/** Names of the settings whose value now is not the one we applied: somebody else changed them. */
export function changedByOthers(
  now: DrivenSettings,
  applied: DrivenSettings,
): readonly DrivenName[] {
  return drivenNames.filter((name) => applied[name] !== undefined && now[name] !== applied[name]);
}

/** How to get back to the original settings. */
export interface Undoing {
  readonly write: Partial<DrivenSettings>;
  /** Settings that somebody else changed meanwhile: no longer ours to restore. */
  readonly foreign: readonly DrivenName[];
}

/** Undoes a drive of our own: each value that is still the one we applied goes back. */
export function undoApplied(
  original: DrivenSettings,
  applied: DrivenSettings,
  now: DrivenSettings,
): Undoing {
  const changed = drivenNames.filter((name) => now[name] !== original[name]);
  const foreign = changed.filter((name) => now[name] !== applied[name]);
  return { write: pick(original, changed, foreign), foreign };
}

/**
 * Undoes the drive of a process that crashed. How far it had got with the batch size is not known,
 * so only `run` can tell whether a person has taken over since: a value that is neither ours (1) nor
 * the original stays.
 */
export function undoCrashed(original: DrivenSettings, now: DrivenSettings): Undoing {
  const changed = drivenNames.filter((name) => now[name] !== original[name]);
  const foreign = changed.filter((name) => name === 'run' && now.run !== 1);
  return { write: pick(original, changed, foreign), foreign };
}

function pick(
  settings: DrivenSettings,
  names: readonly DrivenName[],
  except: readonly DrivenName[],
): Partial<DrivenSettings> {
  const wanted = names.filter((name) => !except.includes(name) && settings[name] !== undefined);
  return Object.fromEntries(wanted.map((name) => [name, settings[name]]));
}
