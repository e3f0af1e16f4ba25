// SPDX-License-Identifier: MIT
/** The two faces of a report: tables for people, JSON for machines. */
import type { KindPotential } from '../../accounting/potential.js';
import type { ProcessReport, RegionReport } from '../../accounting/process-report.js';
import type { BackendName } from '../../backends/backend.js';
import { mebibytes, percent } from './bytes.js';
import { formatTable } from './table.js';

export interface ReportDocument {
  readonly backend: BackendName;
  /** Bytes. */
  readonly pageSize: number;
  readonly processes: readonly ProcessReport[];
  readonly potential?: readonly KindPotential[];
}

/** Regions below this size are left out of the tables, and never out of the JSON. */
const listedBytes = 1024 * 1024;

/** Addresses as hexadecimal strings: JSON has no 64-bit numbers. Everything else as it is. */
export function toJson(document: ReportDocument): unknown {
  return JSON.parse(
    JSON.stringify(document, (_key, value: unknown) =>
      typeof value === 'bigint' ? `0x${value.toString(16)}` : value,
    ),
  ) as unknown;
}

export function printReports(document: ReportDocument, withRegions: boolean): string {
  const parts = [summaryTable(document)];
  for (const report of document.processes) {
    parts.push(`${report.name} (${report.pid}), by kind of region, MiB:`, kindTable(report));
    if (withRegions) {
      parts.push(`Regions of ${report.pid} of 1 MiB and more, MiB:`, regionTable(report));
    }
  }
  if (document.potential) parts.push(...potentialParts(document.potential, document.pageSize));
  parts.push(
    'RSS counts shared pages in full and does not fall when pages merge; PSS divides each page by',
    'the number of its users, and does. USS is what only this process holds.',
  );
  return `${parts.join('\n')}\n`;
}

function summaryTable(document: ReportDocument): string {
  const rows = document.processes.map((report) => [
    String(report.pid),
    report.name,
    ...[report.rssBytes, report.pssBytes, report.ussBytes, report.swapBytes].map(mebibytes),
    mebibytes(report.advisedBytes),
    report.merge ? mebibytes(report.merge.mergedBytes + report.merge.zeroBytes) : '?',
  ]);
  const table = formatTable(
    [
      ['PID', 'right'],
      ['NAME', 'left'],
      ['RSS', 'right'],
      ['PSS', 'right'],
      ['USS', 'right'],
      ['SWAP', 'right'],
      ['ADVISED', 'right'],
      ['MERGED', 'right'],
    ],
    rows,
  );
  return `Backend ${document.backend}, MiB:\n${table}\n`;
}

function kindTable(report: ProcessReport): string {
  const table = formatTable(
    [
      ['KIND', 'left'],
      ['REGIONS', 'right'],
      ['SIZE', 'right'],
      ['RSS', 'right'],
      ['PSS', 'right'],
      ['USS', 'right'],
      ['ADVISED', 'right'],
      ['MERGED', 'right'],
    ],
    report.kinds.map((kind) => [
      kind.kind,
      String(kind.regions),
      ...[kind.sizeBytes, kind.rssBytes, kind.pssBytes, kind.ussBytes, kind.advisedBytes].map(
        mebibytes,
      ),
      kind.mergedBytes === undefined ? '?' : mebibytes(kind.mergedBytes),
    ]),
  );
  return `${table}\n`;
}

function regionTable(report: ProcessReport): string {
  const listed = report.regions.filter((region) => region.usage.rssBytes >= listedBytes);
  const table = formatTable(
    [
      ['ADDRESS', 'left'],
      ['KIND', 'left'],
      ['RSS', 'right'],
      ['PSS', 'right'],
      ['ADVISED', 'left'],
      ['MERGED', 'right'],
      ['PATH', 'left'],
    ],
    listed.map(regionRow),
  );
  return `${table}\n`;
}

function regionRow(region: RegionReport): readonly string[] {
  const { usage } = region;
  return [
    region.start.toString(16),
    region.kind,
    mebibytes(usage.rssBytes),
    mebibytes(usage.pssBytes),
    region.advised ? 'yes' : 'no',
    usage.ksmBytes === undefined ? '?' : mebibytes(usage.ksmBytes),
    region.path,
  ];
}

function potentialParts(potential: readonly KindPotential[], pageSize: number): readonly string[] {
  const table = formatTable(
    [
      ['KIND', 'left'],
      ['READ', 'right'],
      ['ZERO', 'right'],
      ['DISTINCT', 'right'],
      ['MERGED ALREADY', 'right'],
      ['STILL TO SAVE', 'right'],
      ['OF READ', 'right'],
    ],
    potential.map((kind) => potentialRow(kind, pageSize)),
  );
  const hidden = potential.some((kind) => kind.distinctFrames === undefined && kind.pages > 0);
  return [
    'Equal private pages in these processes, MiB:',
    `${table}\n`,
    ...(hidden
      ? [
          'Without root the kernel hides page frames: what is merged already counts as still to save.',
        ]
      : []),
  ];
}

function potentialRow(kind: KindPotential, pageSize: number): readonly string[] {
  const frames = kind.distinctFrames;
  const left = (frames ?? kind.pages) - kind.distinctContents;
  const size = (pages: number): string => mebibytes(pages * pageSize);
  return [
    kind.kind,
    size(kind.pages),
    size(kind.zeroPages),
    size(kind.distinctContents),
    frames === undefined ? '?' : size(kind.pages - frames),
    size(left),
    percent(left, kind.pages),
  ];
}
