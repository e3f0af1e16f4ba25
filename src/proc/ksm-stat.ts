// SPDX-License-Identifier: MIT
/**
 * /proc/PID/ksm_stat and /proc/PID/ksm_merging_pages: what KSM does for one process.
 * Format: Documentation/filesystems/proc.rst and Documentation/admin-guide/mm/ksm.rst. Kernels 5.19
 * and 6.0 have ksm_merging_pages only; 6.1 adds ksm_stat with ksm_rmap_items, 6.4 and 6.6 the other
 * numbers, later ones the two words. Both files need the right to ptrace the process.
 */
import { everyLine, parseCount, parseInteger } from './fields.js';
import { parseReading, processPath, readProcessFile } from './files.js';
import type { HostRoots, Reading } from './reading.js';

/** Fields this kernel lacks are absent; for a process without an address space all are. */
export interface KsmStat {
  /** Pages that ksmd keeps a record of, about 64 bytes each. */
  readonly rmapItems?: number;
  /** Empty pages that KSM replaced by the kernel's zero page. */
  readonly zeroPages?: number;
  /** Pages that are mapped to KSM pages; without `zeroPages`. */
  readonly mergingPages?: number;
  /** What KSM saves less what its records cost, bytes; negative if it costs more. */
  readonly processProfitBytes?: number;
  /** prctl(PR_SET_MEMORY_MERGE) is on. */
  readonly mergeAny?: boolean;
  /** Some mapping is open to KSM now. */
  readonly mergeable?: boolean;
}

type Draft = { -readonly [Field in keyof KsmStat]: KsmStat[Field] };
type Setter = (draft: Draft, value: string) => boolean;

const setters: ReadonlyMap<string, Setter> = new Map<string, Setter>([
  ['ksm_rmap_items', numberInto('rmapItems')],
  ['ksm_zero_pages', numberInto('zeroPages')],
  ['ksm_merging_pages', numberInto('mergingPages')],
  ['ksm_process_profit', numberInto('processProfitBytes')],
  ['ksm_merge_any:', wordInto('mergeAny')],
  ['ksm_mergeable:', wordInto('mergeable')],
]);

/** Parses ksm_stat; `undefined` if a field has no valid value. An empty file gives no fields. */
export function parseKsmStat(text: string): KsmStat | undefined {
  const draft: Draft = {};
  const complete = everyLine(text, (line) => {
    const space = line.indexOf(' ');
    if (space < 1) return false;
    const set = setters.get(line.slice(0, space));
    return set === undefined || set(draft, line.slice(space + 1).trim());
  });
  return complete ? draft : undefined;
}

/** Parses ksm_merging_pages: one number, or nothing for a process without an address space. */
export function parseKsmMergingPages(text: string): KsmStat | undefined {
  if (text === '') return {};
  const mergingPages = parseCount(text.trimEnd());
  return mergingPages === undefined ? undefined : { mergingPages };
}

/**
 * Reads ksm_stat, and ksm_merging_pages where ksm_stat does not have that number. `absent` if the
 * kernel has neither file: before 5.19, or without KSM.
 */
export async function readKsmStat(roots: HostRoots, pid: number): Promise<Reading<KsmStat>> {
  const stat = await readFrom(roots, pid, 'ksm_stat', parseKsmStat);
  if (stat.kind === 'value' ? !lacksMergingPages(stat.value) : stat.kind !== 'absent') return stat;
  const merging = await readFrom(roots, pid, 'ksm_merging_pages', parseKsmMergingPages);
  if (stat.kind !== 'value' || merging.kind === 'gone') return merging;
  // A kernel that has ksm_stat but refuses this older file still told us something.
  return merging.kind === 'value'
    ? { kind: 'value', value: { ...stat.value, ...merging.value } }
    : stat;
}

/** True for kernels 6.1 to 6.3; not for a process without an address space, which has no fields. */
function lacksMergingPages(stat: KsmStat): boolean {
  return stat.rmapItems !== undefined && stat.mergingPages === undefined;
}

async function readFrom(
  roots: HostRoots,
  pid: number,
  name: string,
  parse: (text: string) => KsmStat | undefined,
): Promise<Reading<KsmStat>> {
  const text = await readProcessFile(roots, pid, name);
  return parseReading(text, processPath(roots, pid, name), parse, 'numbers of KSM');
}

function numberInto(
  field: 'rmapItems' | 'zeroPages' | 'mergingPages' | 'processProfitBytes',
): Setter {
  return (draft, text) => {
    const value = parseInteger(text);
    if (value !== undefined) draft[field] = value;
    return value !== undefined;
  };
}

function wordInto(field: 'mergeAny' | 'mergeable'): Setter {
  return (draft, text) => {
    if (text !== 'yes' && text !== 'no') return false;
    draft[field] = text === 'yes';
    return true;
  };
}
