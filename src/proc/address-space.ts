// SPDX-License-Identifier: MIT
/** What the readers of maps and smaps share. */
import { processPath, readProcessFile } from './files.js';
import type { HostRoots, Reading } from './reading.js';

/**
 * Reads maps or smaps. The kernel hands these out over many calls, and when the process exits in
 * between it ends the file early without an error: the text would look complete. So the size of the
 * address space is asked for afterwards, and a process that has lost it is `gone`.
 *
 * An exec in between is not noticed: the text then ends where the old program's memory went away.
 */
export async function readAddressSpace(
  roots: HostRoots,
  pid: number,
  name: 'maps' | 'smaps',
): Promise<Reading<string>> {
  const text = await readProcessFile(roots, pid, name);
  if (text.kind !== 'value' || text.value === '') return text;
  const statm = await readProcessFile(roots, pid, 'statm');
  const ended = statm.kind === 'gone' || (statm.kind === 'value' && statm.value.startsWith('0 '));
  if (!ended) return text;
  const path = processPath(roots, pid, name);
  return { kind: 'gone', path, message: 'the process ended during the read' };
}
