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
  /** The run without advice. */
  readonly baseline: FleetTotals;
  /** The advised run before anything was merged: its allocator is pinned already. */
  readonly unmerged: FleetTotals;
  /** The advised run, merged. */
  readonly advised: FleetTotals;
  /** The advised run, after each function answered its requests once more. */
  readonly afterRequests: FleetTotals;
  /** Pages of the functions that are mapped to merged frames. */
  readonly mergedBytes: number;
  /** PSS of the baseline less PSS of the advised run: pinning and merging together. */
  readonly savedBytes: number;
  /** The part that merging alone saves: private pages less the frames behind them, counted in pagemap. */
  readonly savedByMergingBytes: number;
  /** What equal pages are still not merged, counted likewise. */
  readonly stillMergeableBytes: number;
  readonly convergeSeconds: number;
  readonly ksmdCpuSeconds: number;
  /** Median time of a request, milliseconds: without advice, advised, and advised after merging. */
  readonly requestMilliseconds: {
    readonly baseline: number;
    readonly unmerged: number;
    readonly advised: number;
  };
  /** Every text was read right: without advice, before merging and after. */
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
    'Memory of each function, MiB. Left: as it is. Right: started by upm-advise run and merged.',
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
  const { baseline, unmerged, requestMilliseconds: times } = result;
  const pinned = baseline.pssBytes - unmerged.pssBytes;
  const share = (bytes: number): string =>
    `${mebibytes(bytes)} MiB (${percent(bytes, baseline.pssBytes)})`;
  return [
    `Saved ${share(result.savedBytes)} of PSS:`,
    `  ${share(pinned)} by pinning the allocator, before anything was merged`,
    `  ${share(result.savedByMergingBytes)} by merging, counted frame by frame; ` +
      `${mebibytes(result.stillMergeableBytes)} MiB of equal pages are left`,
    `  the rest (${mebibytes(result.savedBytes - pinned - result.savedByMergingBytes)} MiB) the functions gave back meanwhile`,
    `Merged in ${result.convergeSeconds.toFixed(1)} s, for ${result.ksmdCpuSeconds.toFixed(2)} s of ksmd's CPU.`,
    `After another round of requests PSS is ${mebibytes(result.afterRequests.pssBytes)} MiB.`,
    `Median request: ${times.baseline.toFixed(0)} ms as it is, ${times.unmerged.toFixed(0)} ms with the ` +
      `allocator pinned, ${times.advised.toFixed(0)} ms merged.`,
    `Read ${result.textsRight} of ${result.textsRead} texts right, before and after merging.`,
  ];
}
