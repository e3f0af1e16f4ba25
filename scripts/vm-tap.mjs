// SPDX-License-Identifier: MIT
/** Counts what a program says in TAP, or in KTAP, the kernel's dialect of it. */

/** Exit status of a suite that cannot run here and has said why. */
const unavailableStatus = 77;

/**
 * Test points at top level; those indented belong to one of them. Several programs, one after the
 * other, add up.
 * @param {string} output
 * @param {number} status
 */
export function countTap(output, status) {
  const counts = { passed: 0, failed: 0, skipped: 0, reasons: [] };
  for (const line of output.split(/\r?\n/)) {
    const point = /^(not )?ok\b(?: \d+)?(?: -)? ?([^#]*)(?:# *SKIP\S*\s*(.*))?/i.exec(line);
    if (!point) continue;
    const [, not, name, reason] = point;
    if (not) counts.failed += 1;
    else if (reason === undefined) counts.passed += 1;
    else {
      counts.skipped += 1;
      counts.reasons.push(
        [name.trim(), reason.trim() || 'no reason given'].filter(Boolean).join(': '),
      );
    }
  }
  if (status === unavailableStatus) counts.skipped += 1;
  // A run that ends badly without naming a test has failed all the same.
  else if (status !== 0 && counts.failed === 0) counts.failed = 1;
  else if (status === 0 && counts.passed + counts.skipped === 0) counts.failed = 1;
  return counts;
}
