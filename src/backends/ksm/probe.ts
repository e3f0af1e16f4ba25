// SPDX-License-Identifier: MIT
/** What stock KSM offers on this host, and to this process. */
import { access, constants } from 'node:fs/promises';
import { join } from 'node:path';
import { native } from '../../native/addon.js';
import { ksmFiles, ksmFolder, readKsmState, type KsmState } from '../../proc/ksm-sysfs.js';
import type { HostRoots } from '../../proc/reading.js';
import { drivenSettings } from './settings.js';
import { managedBy } from './takeover.js';

export interface KsmProbe {
  /** The kernel's settings and counters; undefined if it has no KSM. */
  readonly state: KsmState | undefined;
  /** Who runs ksmd already, for people; undefined if nobody does. */
  readonly manager: string | undefined;
  /** This process may change ksmd's settings. */
  readonly drivable: boolean;
  /** Whole processes can be opened by prctl (kernel 6.4 and newer). */
  readonly wholeProcess: boolean;
}

export async function probeKsm(roots: HostRoots): Promise<KsmProbe> {
  const reading = await readKsmState(roots);
  const state = reading.kind === 'value' ? reading.value : undefined;
  const settings = state && drivenSettings(state);
  return {
    state,
    manager: settings && managedBy(settings),
    drivable: state !== undefined && (await isWritable(join(ksmFolder(roots), ksmFiles.run))),
    wholeProcess: hasMemoryMerge(),
  };
}

async function isWritable(path: string): Promise<boolean> {
  try {
    await access(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** Asks with the harmless half of the call, which exists wherever the other does. */
function hasMemoryMerge(): boolean {
  try {
    native().getMemoryMerge();
    return true;
  } catch {
    // Not in this kernel, or no addon to ask with, which is a finding of its own.
    return false;
  }
}
