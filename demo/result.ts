// SPDX-License-Identifier: MIT
/** What the demo found, for people and for machines. */
import { mebibytes, percent } from '../src/cli/format/bytes.js';
import { formatTable } from '../src/cli/format/table.js';
import type { BackendName } from '../src/backends/backend.js';
import type { FleetMemory, Memory } from './measure.js';

/** Sums over all functions, bytes. */
export interface FleetTotals {
  readonly rssBytes: number;
  readonly pssBytes: number;
  readonly ussBytes: number;
}

export interface DemoResult {
  readonly backend: BackendName;
  /** Functions in each run. */
  readonly functions: number;
  /** The run without advice, its functions loaded and idle. */
  readonly baseline: FleetTotals;
  /** The advised run, loaded and idle, before anything was merged. */
  readonly unmerged: FleetTotals;
  /** The advised run, merged. */
  readonly advised: FleetTotals;
  /** Both runs after the same requests, which leave garbage in the functions' heaps. */
  readonly afterRequests: { readonly baseline: FleetTotals; readonly advised: FleetTotals };
  /** Pages of the functions that are mapped to merged frames. */
  readonly mergedBytes: number;
  /** PSS of the baseline less PSS of the advised run, merged. */
  readonly savedBytes: number;
  /**
   * What merging alone saves: private pages less the frames behind them, counted in pagemap, before and
   * after. Empty parts of huge pages that ksmd had to split are among it.
   */
  readonly savedByMergingBytes: number;
  /** What equal pages are still not merged, counted likewise. */
  readonly stillMergeableBytes: number;
  readonly convergeSeconds: number;
  readonly ksmdCpuSeconds: number;
  /** Median time of a request, milliseconds. */
  readonly requestMilliseconds: { readonly baseline: number; readonly advised: number };
  /** Every text was read right, without advice and after merging. */
  readonly ocrCorrect: boolean;
  readonly textsRead: number;
  readonly textsRight: number;
}

/** What {@link printResult} shows beyond the sums. */
export interface RunMemories {
  readonly baseline: FleetMemory;
  readonly unmerged: FleetMemory;
  readonly merged: FleetMemory;
}

export function totals(memory: FleetMemory): FleetTotals {
  return { rssBytes: memory.rssBytes, pssBytes: memory.pssBytes, ussBytes: memory.ussBytes };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

export function printResult(result: DemoResult, memories: RunMemories): string {
  return [
    'Memory of each function, loaded and idle, MiB. Left: as it is. Right: started by upm-advise run.',
    '',
    memoryTable(memories),
    '',
    ...summaryLines(result),
  ].join('\n');
}

/** One row a function, and their sum; without advice on the left, advised on the right. */
function memoryTable({ baseline, unmerged, merged }: RunMemories): string {
  const row = (name: string, before: Memory, pinned: Memory, after: Memory): readonly string[] => [
    name,
    ...[before.rssBytes, before.pssBytes, before.ussBytes].map(mebibytes),
    '|',
    mebibytes(pinned.pssBytes),
    ...[after.rssBytes, after.pssBytes, after.ussBytes, after.mergedBytes].map(mebibytes),
    mebibytes(before.pssBytes - after.pssBytes),
    percent(before.pssBytes - after.pssBytes, before.pssBytes),
  ];
  const rows = baseline.each.map((before, index) => {
    const none = { rssBytes: 0, pssBytes: 0, ussBytes: 0, mergedBytes: 0 };
    const pinned = unmerged.each[index] ?? none;
    return row(`function ${index + 1}`, before, pinned, merged.each[index] ?? none);
  });
  return formatTable(
    [
      ['', 'left'],
      ['RSS', 'right'],
      ['PSS', 'right'],
      ['USS', 'right'],
      ['|', 'left'],
      ['UNMERGED PSS', 'right'],
      ['RSS', 'right'],
      ['PSS', 'right'],
      ['USS', 'right'],
      ['MERGED', 'right'],
      ['SAVED', 'right'],
      ['OF PSS', 'right'],
    ],
    [...rows, row('all', baseline, unmerged, merged)],
  );
}

function summaryLines(result: DemoResult): readonly string[] {
  const { baseline, unmerged, afterRequests, requestMilliseconds: times } = result;
  const mib = (bytes: number): string => `${mebibytes(bytes)} MiB`;
  const tidied = baseline.pssBytes - unmerged.pssBytes;
  const byMerging = result.savedByMergingBytes;
  return [
    `Saved ${mib(result.savedBytes)} of ${mib(baseline.pssBytes)} PSS (${percent(result.savedBytes, baseline.pssBytes)}): ` +
      `${mib(byMerging)} by merging, counted frame by frame,`,
    `${mib(tidied)} by a tidier allocator, and the rest the functions gave back meanwhile. ` +
      `${mib(result.stillMergeableBytes)} of equal pages are left.`,
    `Merging took ${result.convergeSeconds.toFixed(1)} s, and ${result.ksmdCpuSeconds.toFixed(2)} s of ksmd's CPU.`,
    `After the same requests PSS is ${mib(afterRequests.baseline.pssBytes)} as they are, ` +
      `${mib(afterRequests.advised.pssBytes)} advised; what requests leave behind is garbage of their own.`,
    `Median request: ${times.baseline.toFixed(0)} ms as they are, ${times.advised.toFixed(0)} ms merged.`,
    `${result.textsRight} of ${result.textsRead} texts were read right, without advice and after merging.`,
  ];
}
