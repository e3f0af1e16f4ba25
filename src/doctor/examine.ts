// SPDX-License-Identifier: MIT
/** Runs all checks. Changes nothing. */
import { probeKsm } from '../backends/ksm/probe.js';
import { loadRecord, ownerState } from '../backends/ksm/settings-record.js';
import { messageOf } from '../errors.js';
import type { HostRoots } from '../proc/reading.js';
import type { Finding } from './finding.js';
import {
  addonFinding,
  hugePageFinding,
  moduleFinding,
  readOthersFinding,
} from './host-findings.js';
import { kernelFinding, ksmdFinding, recordFinding, wholeProcessFinding } from './ksm-findings.js';

export async function examine(roots: HostRoots, stateFile: string): Promise<readonly Finding[]> {
  const addon = addonFinding();
  const findings: Finding[] = [addon, await moduleFinding()];
  const probe = await probeKsm(roots);
  findings.push(kernelFinding(probe));
  if (probe.state) {
    findings.push(ksmdFinding(probe));
    if (addon.status === 'ok') findings.push(wholeProcessFinding(probe));
    findings.push(await driverFinding(roots, stateFile));
  }
  findings.push(await readOthersFinding(roots), await hugePageFinding(roots));
  return findings;
}

async function driverFinding(roots: HostRoots, stateFile: string): Promise<Finding> {
  try {
    const record = await loadRecord(stateFile);
    return recordFinding(record && (await ownerState(roots, record)), stateFile);
  } catch (error) {
    return { check: 'driver', status: 'note', finding: messageOf(error) };
  }
}

/** Merging can work here: the addon loads and the kernel has a backend. */
export function canMerge(findings: readonly Finding[]): boolean {
  const works = (check: string): boolean =>
    findings.some((finding) => finding.check === check && finding.status !== 'problem');
  return works('addon') && works('ksm');
}
