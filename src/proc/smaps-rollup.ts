// SPDX-License-Identifier: MIT
/**
 * /proc/PID/smaps_rollup: the sums of smaps, computed by the kernel (4.14 and newer).
 * Format: Documentation/ABI/testing/procfs-smaps_rollup. Unlike smaps it is produced in one go, so a
 * process that ends meanwhile never gives half a sum.
 */
import { everyLine } from './fields.js';
import { parseReading, processPath, readProcessFile } from './files.js';
import type { MemoryUsage } from './mapping.js';
import type { HostRoots, Reading } from './reading.js';
import { isComplete, scanUsageLine, type UsageDraft } from './usage-fields.js';

/** Parses the file; `undefined` if a line is malformed or a field is missing that all kernels print. */
export function parseSmapsRollup(text: string): MemoryUsage | undefined {
  const usage: UsageDraft = {};
  const complete = everyLine(
    text,
    (line) => line.endsWith('[rollup]') || scanUsageLine(line, 0, line.length, usage),
  );
  return complete && isComplete(usage) ? usage : undefined;
}

/**
 * Reads the sums of a process, in bytes. The kernel walks the page tables for this with the mmap lock
 * of the target held: about 4 ms a GiB.
 *
 * `gone` also stands for a process without an address space, that is a kernel thread or a zombie:
 * the kernel answers ESRCH for both. `absent`: kernel before 4.14.
 */
export async function readSmapsRollup(
  roots: HostRoots,
  pid: number,
): Promise<Reading<MemoryUsage>> {
  const name = 'smaps_rollup';
  const text = await readProcessFile(roots, pid, name);
  return parseReading(text, processPath(roots, pid, name), parseSmapsRollup, 'sums of memory');
}
