// SPDX-License-Identifier: MIT
/**
 * /proc/PID/maps: the mappings of a process, in ascending order of address.
 * Format: Documentation/filesystems/proc.rst, section 1.1; printed by show_map_vma() in
 * fs/proc/task_mmu.c.
 */
import { readAddressSpace } from './address-space.js';
import { everyLine, parseBigCount } from './fields.js';
import { parseReading, processPath } from './files.js';
import type { Mapping } from './mapping.js';
import type { HostRoots, Reading } from './reading.js';

const permissionsPattern = /^[r-][w-][x-][sp]$/;

/**
 * Parses one line of maps, or the first line of a mapping in smaps.
 *
 * The kernel escapes a newline in a path as `\012` and nothing else, not even the backslash. A file
 * whose name has the four characters `\012` in it can thus not be told from one with a newline.
 */
export function parseMappingLine(line: string): Mapping | undefined {
  const dash = line.indexOf('-');
  const endOfRange = line.indexOf(' ', dash + 1);
  const endOfPermissions = line.indexOf(' ', endOfRange + 1);
  const endOfOffset = line.indexOf(' ', endOfPermissions + 1);
  const endOfDevice = line.indexOf(' ', endOfOffset + 1);
  if (dash < 1 || endOfRange < 0 || endOfDevice <= endOfOffset || endOfOffset <= endOfPermissions)
    return undefined;
  const space = line.indexOf(' ', endOfDevice + 1);
  const endOfInode = space === -1 ? line.length : space;

  const start = parseHex(line, 0, dash);
  const end = parseHex(line, dash + 1, endOfRange);
  const offset = parseHex(line, endOfPermissions + 1, endOfOffset);
  const inode = parseBigCount(line.slice(endOfDevice + 1, endOfInode));
  if (start === undefined || end === undefined || offset === undefined || inode === undefined)
    return undefined;
  const permissions = line.slice(endOfRange + 1, endOfPermissions);
  const device = line.slice(endOfOffset + 1, endOfDevice);
  if (end < start || !permissionsPattern.test(permissions) || !device.includes(':'))
    return undefined;
  return {
    start,
    end,
    read: permissions.startsWith('r'),
    write: permissions[1] === 'w',
    execute: permissions[2] === 'x',
    shared: permissions[3] === 's',
    offset,
    device,
    inode,
    path: pathFrom(line, endOfInode),
  };
}

/**
 * Parses a whole maps file; `undefined` if a line is malformed. A process without an address space
 * (kernel thread, zombie) has an empty file and gives an empty list.
 */
export function parseMaps(text: string): readonly Mapping[] | undefined {
  const mappings: Mapping[] = [];
  const complete = everyLine(text, (line) => {
    const mapping = parseMappingLine(line);
    if (mapping !== undefined) mappings.push(mapping);
    return mapping !== undefined;
  });
  return complete ? mappings : undefined;
}

/** Reads the mappings of a process. See {@link readAddressSpace} for processes that end meanwhile. */
export async function readMaps(
  roots: HostRoots,
  pid: number,
): Promise<Reading<readonly Mapping[]>> {
  const text = await readAddressSpace(roots, pid, 'maps');
  return parseReading(text, processPath(roots, pid, 'maps'), parseMaps, 'lines of mappings');
}

function parseHex(line: string, start: number, end: number): bigint | undefined {
  const length = end - start;
  if (length < 1 || length > 16) return undefined;
  for (let index = start; index < end; index += 1) {
    if (!isHexDigit(line.charCodeAt(index))) return undefined;
  }
  const digits = line.slice(start, end);
  // Up to 52 bits go through a number, which is several times faster than BigInt's own parser.
  return length <= 13 ? BigInt(Number.parseInt(digits, 16)) : BigInt(`0x${digits}`);
}

function isHexDigit(code: number): boolean {
  return (code >= 48 && code <= 57) || (code >= 97 && code <= 102);
}

/** The path follows the inode after one or more spaces of padding, and may hold spaces itself. */
function pathFrom(line: string, endOfInode: number): string {
  let start = endOfInode;
  while (line.charCodeAt(start) === 32) start += 1;
  const path = line.slice(start);
  return path.includes('\\') ? path.replaceAll('\\012', '\n') : path;
}
