// SPDX-License-Identifier: MIT
/**
 * /proc/PID/smaps: memory numbers of each mapping.
 * Format: Documentation/filesystems/proc.rst, section 1.1. A mapping is a line as in maps, lines
 * `Field:  123 kB`, and `VmFlags:` with two-letter mnemonics.
 */
import { readAddressSpace } from './address-space.js';
import { parseReading, processPath } from './files.js';
import type { Mapping, MemoryUsage, SmapsMapping } from './mapping.js';
import { parseMappingLine } from './maps.js';
import type { HostRoots, Reading } from './reading.js';
import { isComplete, scanUsageLine, type UsageDraft } from './usage-fields.js';

const flagsPrefix = 'VmFlags:';
const noFlags: readonly string[] = [];

/** One mapping under construction. */
interface Draft {
  readonly mapping: Mapping;
  readonly usage: UsageDraft;
  vmFlags: readonly string[];
}

/**
 * Parses a whole smaps file; `undefined` if a line is malformed or a mapping lacks a field that all
 * kernels print. A process without an address space gives an empty list.
 */
export function parseSmaps(text: string): readonly SmapsMapping[] | undefined {
  const drafts: Draft[] = [];
  let draft: Draft | undefined;
  for (let start = 0; start < text.length;) {
    const newline = text.indexOf('\n', start);
    const end = newline === -1 ? text.length : newline;
    if (startsMapping(text.charCodeAt(start))) {
      draft = draftOf(text.slice(start, end));
      if (draft === undefined) return undefined;
      drafts.push(draft);
    } else if (draft === undefined || !scanLine(text, start, end, draft)) {
      return undefined;
    }
    start = end + 1;
  }
  return finished(drafts);
}

/** Reads the mappings of a process with their numbers. The read holds the mmap lock of the target. */
export async function readSmaps(
  roots: HostRoots,
  pid: number,
): Promise<Reading<readonly SmapsMapping[]>> {
  const text = await readAddressSpace(roots, pid, 'smaps');
  return parseReading(text, processPath(roots, pid, 'smaps'), parseSmaps, 'mappings with numbers');
}

/** Addresses begin with a lower-case hexadecimal digit, fields with a capital letter. */
function startsMapping(code: number): boolean {
  return (code >= 48 && code <= 57) || (code >= 97 && code <= 102);
}

function draftOf(line: string): Draft | undefined {
  const mapping = parseMappingLine(line);
  return mapping === undefined ? undefined : { mapping, usage: {}, vmFlags: noFlags };
}

function scanLine(text: string, start: number, end: number, draft: Draft): boolean {
  if (!text.startsWith(flagsPrefix, start)) return scanUsageLine(text, start, end, draft.usage);
  const flags = text.slice(start + flagsPrefix.length, end).trim();
  draft.vmFlags = flags === '' ? noFlags : flags.split(' ');
  return true;
}

function finished(drafts: readonly Draft[]): readonly SmapsMapping[] | undefined {
  const mappings: SmapsMapping[] = [];
  for (const { mapping, usage, vmFlags } of drafts) {
    if (!isComplete(usage)) return undefined;
    mappings.push(joined(mapping, usage, vmFlags));
  }
  return mappings;
}

/** Spelled out: spreading a mapping costs as much as scanning all its lines. */
function joined(mapping: Mapping, usage: MemoryUsage, vmFlags: readonly string[]): SmapsMapping {
  return {
    start: mapping.start,
    end: mapping.end,
    read: mapping.read,
    write: mapping.write,
    execute: mapping.execute,
    shared: mapping.shared,
    offset: mapping.offset,
    device: mapping.device,
    inode: mapping.inode,
    path: mapping.path,
    usage,
    vmFlags,
  };
}
