// SPDX-License-Identifier: MIT
/**
 * /sys/kernel/mm/ksm: settings and counters of KSM, one number or word a file.
 * Source: Documentation/admin-guide/mm/ksm.rst. Which files there are depends on the kernel; files
 * that came later name the version.
 */
import { join } from 'node:path';
import { parseInteger } from './fields.js';
import { parseReading, readNames, readText } from './files.js';
import type { HostRoots, ReadFailure, Reading } from './reading.js';

export type KsmAdvisorMode = 'none' | 'scan-time';

/** Settings and counters as the kernel gives them; switches are 0 or 1. Absent: not in this kernel. */
export interface KsmState {
  /** 0: ksmd stopped, merged pages stay; 1: runs; 2: stopped and everything unmerged. */
  readonly run?: number;
  /** Pages in a batch. */
  readonly pagesToScan?: number;
  /** Sleep between batches, milliseconds. */
  readonly sleepMillisecs?: number;
  /** 0 or 1. Only with NUMA (3.9). */
  readonly mergeAcrossNodes?: number;
  /** 0 or 1: map empty pages to the kernel's zero page (4.12). */
  readonly useZeroPages?: number;
  /** Most mappings of one KSM page (4.13). */
  readonly maxPageSharing?: number;
  /** 0 or 1: skip pages that failed to merge before (6.7). */
  readonly smartScan?: number;
  /** With `scan-time` the kernel sets `pagesToScan` itself and refuses writes to it (6.8). */
  readonly advisorMode?: KsmAdvisorMode;
  /** Percent of one processor. */
  readonly advisorMaxCpu?: number;
  /** Seconds. */
  readonly advisorTargetScanTime?: number;
  /** Pages. */
  readonly advisorMinPagesToScan?: number;
  /** Pages. */
  readonly advisorMaxPagesToScan?: number;
  /** KSM pages in memory. */
  readonly pagesShared?: number;
  /** Mappings of them beyond the first each: the pages saved. */
  readonly pagesSharing?: number;
  /** Pages that are unique so far and are checked again and again. */
  readonly pagesUnshared?: number;
  /** Pages that change too fast. */
  readonly pagesVolatile?: number;
  /** Pages examined since boot (6.6). */
  readonly pagesScanned?: number;
  /** Pages passed over by the smart scan (6.7). */
  readonly pagesSkipped?: number;
  /** Times all mergeable memory has been scanned. */
  readonly fullScans?: number;
  /** What KSM saves less what its records cost, bytes; negative if it costs more (6.4). */
  readonly generalProfit?: number;
  /** Empty pages that are mapped to the zero page (6.6). */
  readonly ksmZeroPages?: number;
  /** KSM pages whose mappings reached `maxPageSharing` (4.13). */
  readonly stableNodeChains?: number;
  /** Copies of those pages (4.13). */
  readonly stableNodeDups?: number;
}

/** File name of each field. Also for who writes them. */
export const ksmFiles = {
  run: 'run',
  pagesToScan: 'pages_to_scan',
  sleepMillisecs: 'sleep_millisecs',
  mergeAcrossNodes: 'merge_across_nodes',
  useZeroPages: 'use_zero_pages',
  maxPageSharing: 'max_page_sharing',
  smartScan: 'smart_scan',
  advisorMode: 'advisor_mode',
  advisorMaxCpu: 'advisor_max_cpu',
  advisorTargetScanTime: 'advisor_target_scan_time',
  advisorMinPagesToScan: 'advisor_min_pages_to_scan',
  advisorMaxPagesToScan: 'advisor_max_pages_to_scan',
  pagesShared: 'pages_shared',
  pagesSharing: 'pages_sharing',
  pagesUnshared: 'pages_unshared',
  pagesVolatile: 'pages_volatile',
  pagesScanned: 'pages_scanned',
  pagesSkipped: 'pages_skipped',
  fullScans: 'full_scans',
  generalProfit: 'general_profit',
  ksmZeroPages: 'ksm_zero_pages',
  stableNodeChains: 'stable_node_chains',
  stableNodeDups: 'stable_node_dups',
} as const satisfies Record<keyof KsmState, string>;

type Draft = { -readonly [Field in keyof KsmState]: KsmState[Field] };
type Field = keyof KsmState;

const fields = Object.keys(ksmFiles) as readonly Field[];

/** The folder of the files. */
export function ksmFolder(roots: HostRoots): string {
  return join(roots.sys, 'kernel/mm/ksm');
}

/** Parses `[none] scan-time`, where brackets mark the mode that is on. */
export function parseAdvisorMode(text: string): KsmAdvisorMode | undefined {
  const words = text.trim().split(' ');
  if (words.includes('[none]')) return 'none';
  return words.includes('[scan-time]') ? 'scan-time' : undefined;
}

/**
 * Reads all files this kernel has. `absent` if it has no KSM. One file that cannot be read or makes no
 * sense fails the whole: half a state would be taken for an older kernel. The files are read one by
 * one, so numbers of a running ksmd need not fit together exactly.
 */
export async function readKsmState(roots: HostRoots): Promise<Reading<KsmState>> {
  const folder = ksmFolder(roots);
  const names = await readNames(folder);
  if (names.kind !== 'value') return names;
  const present = fields.filter((field) => names.value.includes(ksmFiles[field]));
  const draft: Draft = {};
  const failures = await Promise.all(
    present.map((field) => readInto(draft, field, join(folder, ksmFiles[field]))),
  );
  const failure = failures.find((result) => result !== undefined);
  return failure ?? { kind: 'value', value: draft };
}

async function readInto(
  draft: Draft,
  field: Field,
  path: string,
): Promise<ReadFailure | undefined> {
  const text = await readText(path);
  if (field === 'advisorMode') {
    const mode = parseReading(text, path, parseAdvisorMode, 'advisor modes');
    if (mode.kind !== 'value') return mode;
    draft.advisorMode = mode.value;
    return undefined;
  }
  const number = parseReading(text, path, (line) => parseInteger(line.trimEnd()), 'a number');
  if (number.kind !== 'value') return number;
  draft[field] = number.value;
  return undefined;
}
