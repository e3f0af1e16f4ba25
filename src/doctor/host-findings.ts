// SPDX-License-Identifier: MIT
/** Findings about the rest of the host. */
import { access, constants, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isErrnoException, messageOf } from '../errors.js';
import { addonPath, native } from '../native/addon.js';
import type { HostRoots } from '../proc/reading.js';
import type { Finding } from './finding.js';

export function addonFinding(): Finding {
  try {
    native();
    return { check: 'addon', status: 'ok', finding: `the native addon works (${addonPath()})` };
  } catch (error) {
    const [finding = '', remedy] = messageOf(error).split('; ');
    return { check: 'addon', status: 'problem', finding, ...(remedy ? { remedy } : {}) };
  }
}

export async function moduleFinding(device = '/dev/upm'): Promise<Finding> {
  try {
    await access(device, constants.F_OK);
    return {
      check: 'module',
      status: 'note',
      finding: `${device} is there; this version does not use it yet`,
    };
  } catch (error) {
    const code = isErrnoException(error) ? ` (${error.code ?? ''})` : '';
    return {
      check: 'module',
      status: 'note',
      finding: `no ${device}${code}: the upm module is not loaded, stock KSM is used`,
    };
  }
}

/** CAP_SYS_PTRACE, bit 19 of CapEff. */
const ptraceBit = 1n << 19n;

export async function readOthersFinding(roots: HostRoots): Promise<Finding> {
  const status = await readFile(join(roots.proc, 'self/status'), 'utf8').catch(() => '');
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1];
  if (effective !== undefined && (BigInt(`0x${effective}`) & ptraceBit) !== 0n) {
    return {
      check: 'other-processes',
      status: 'ok',
      finding: 'memory of all processes can be read (CAP_SYS_PTRACE)',
    };
  }
  return {
    check: 'other-processes',
    status: 'note',
    finding: 'only memory of your own processes can be read',
    remedy: 'run as root, or give upmd CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH',
  };
}

export async function hugePageFinding(roots: HostRoots): Promise<Finding> {
  const path = join(roots.sys, 'kernel/mm/transparent_hugepage/enabled');
  const text = await readFile(path, 'utf8').catch(() => '');
  const mode = /\[(\w+)\]/.exec(text)?.[1];
  if (mode === 'always') {
    return {
      check: 'huge-pages',
      status: 'note',
      finding: 'transparent huge pages are always on: they are split where pages merge',
      remedy: 'consider the mode madvise on hosts that are short of memory',
    };
  }
  return {
    check: 'huge-pages',
    status: 'ok',
    finding:
      mode === undefined ? 'the kernel has no transparent huge pages' : `huge pages: ${mode}`,
  };
}
