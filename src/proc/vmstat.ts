// SPDX-License-Identifier: MIT
/**
 * /proc/vmstat: counters of the memory management, one `name value` a line. Of use here: `cow_ksm`
 * (pages of KSM copied because of a write) and `ksm_swpin_copy` (copied at swap-in).
 * Format: Documentation/admin-guide/mm/ksm.rst; the names are those of vmstat_text in mm/vmstat.c.
 */
import { join } from 'node:path';
import { everyLine, parseBigCount } from './fields.js';
import { parseReading, readText } from './files.js';
import type { HostRoots, Reading } from './reading.js';

/** Parses the file; `undefined` if a line is malformed. */
export function parseVmstat(text: string): ReadonlyMap<string, bigint> | undefined {
  const counters = new Map<string, bigint>();
  const complete = everyLine(text, (line) => {
    const space = line.indexOf(' ');
    const value = parseBigCount(line.slice(space + 1));
    if (space < 1 || value === undefined) return false;
    counters.set(line.slice(0, space), value);
    return true;
  });
  return complete ? counters : undefined;
}

/** Reads all counters. Which there are depends on the kernel and its configuration. */
export async function readVmstat(roots: HostRoots): Promise<Reading<ReadonlyMap<string, bigint>>> {
  const path = join(roots.proc, 'vmstat');
  return parseReading(await readText(path), path, parseVmstat, 'lines of name and number');
}
