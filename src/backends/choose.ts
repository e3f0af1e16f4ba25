// SPDX-License-Identifier: MIT
/** Picks the best backend this host offers, or the one that was named. */
import { UpmError } from '../errors.js';
import { ksmFolder, readKsmState } from '../proc/ksm-sysfs.js';
import { hostRoots, type HostRoots } from '../proc/reading.js';
import type { Backend, BackendName, MergeHost } from './backend.js';
import { createKsmBackend } from './ksm/backend.js';
import { createKsmHost } from './ksm/host.js';
import { createNoneBackend, createNoneHost } from './none.js';

/** Backends of this version, best first. */
export const availableBackends = ['ksm', 'none'] as const;
export type AvailableBackend = (typeof availableBackends)[number];

export interface Choice {
  readonly name: BackendName;
  /** Why this one, for the log. */
  readonly reason: string;
}

/**
 * @param wanted a backend to insist on; without it the best that works is taken.
 * @throws UpmError ERR_UPM_UNSUPPORTED if the wanted backend does not work here.
 */
export async function chooseBackend(
  wanted?: AvailableBackend,
  roots: HostRoots = hostRoots,
): Promise<Choice> {
  if (wanted === 'none') return { name: 'none', reason: 'asked for' };
  const state = await readKsmState(roots);
  if (state.kind === 'value') {
    return { name: 'ksm', reason: wanted ? 'asked for' : 'the kernel has KSM' };
  }
  const missing = `no KSM: ${ksmFolder(roots)}: ${state.message}`;
  if (wanted === 'ksm') {
    throw new UpmError(
      'ERR_UPM_UNSUPPORTED',
      `${missing}; the kernel must be built with CONFIG_KSM, and /sys be mounted`,
    );
  }
  return { name: 'none', reason: missing };
}

/** The backend of a choice, for advising this process. */
export function createBackend(choice: Choice): Backend {
  return choice.name === 'ksm' ? createKsmBackend() : createNoneBackend(choice.reason);
}

/** The host side of a choice, for counting. @param pageSize bytes. */
export function createHost(choice: Choice, roots: HostRoots, pageSize: number): MergeHost {
  return choice.name === 'ksm' ? createKsmHost(roots, pageSize) : createNoneHost();
}
