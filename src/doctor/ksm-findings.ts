// SPDX-License-Identifier: MIT
/** Findings about stock KSM: pure, from what was probed. */
import type { OwnerState } from '../backends/ksm/settings-record.js';
import type { KsmProbe } from '../backends/ksm/probe.js';
import type { Finding } from './finding.js';

export function kernelFinding(probe: KsmProbe): Finding {
  if (!probe.state) {
    return {
      check: 'ksm',
      status: 'problem',
      finding: 'the kernel has no KSM, or /sys is not mounted',
      remedy:
        'boot a kernel with CONFIG_KSM=y (all distribution kernels of Debian, Ubuntu, Fedora)',
    };
  }
  return { check: 'ksm', status: 'ok', finding: 'the kernel has KSM' };
}

export function ksmdFinding(probe: KsmProbe): Finding {
  if (probe.manager !== undefined) {
    return {
      check: 'ksmd',
      status: 'note',
      finding: `${probe.manager}: upmd observes and does not drive it`,
      remedy: 'set ksm.drive to "always" to have upmd drive it all the same',
    };
  }
  if (!probe.drivable) {
    return {
      check: 'ksmd',
      status: 'problem',
      finding: 'ksmd is stopped and this user may not start it: advised memory is not merged',
      remedy: 'run upmd as root on the host with ksm.drive "auto", or set run to 1 as root',
    };
  }
  return {
    check: 'ksmd',
    status: 'note',
    finding: 'ksmd is stopped: advised memory is merged when a driver runs it',
    remedy: 'run upmd with ksm.drive "auto" (the whole node is then one sharing domain)',
  };
}

export function wholeProcessFinding(probe: KsmProbe): Finding {
  return probe.wholeProcess
    ? {
        check: 'whole-process',
        status: 'ok',
        finding: 'upm-advise run can open all memory of a command to merging',
      }
    : {
        check: 'whole-process',
        status: 'note',
        finding: 'only regions can be opened: the kernel is older than 6.4',
        remedy: 'nothing to do for Node functions, the hook marks regions; others need kernel 6.4',
      };
}

/** @param owner of the record a driver keeps; undefined if there is none. */
export function recordFinding(owner: OwnerState | undefined, file: string): Finding {
  switch (owner?.kind) {
    case undefined:
      return { check: 'driver', status: 'ok', finding: 'no driver is at work' };
    case 'self':
    case 'alive':
      return { check: 'driver', status: 'ok', finding: 'a driver is at work' };
    case 'foreign':
      return {
        check: 'driver',
        status: 'note',
        finding: `a driver in another pid namespace keeps ${file}`,
      };
    case 'dead':
    case 'stale':
      return {
        check: 'driver',
        status: 'problem',
        finding: `a driver crashed and left ksmd's settings changed (${file})`,
        remedy: 'run upm-advise restore as root',
      };
  }
}
