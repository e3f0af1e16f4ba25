// SPDX-License-Identifier: MIT
/** Plain tables: two spaces between columns, no frame, readable in a log and by awk. */
import Table from 'cli-table3';

const noFrame = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
};

export type Alignment = 'left' | 'right';

/** @param columns head and alignment of each column. */
export function formatTable(
  columns: readonly (readonly [head: string, alignment: Alignment])[],
  rows: readonly (readonly string[])[],
): string {
  const table = new Table({
    chars: noFrame,
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [] },
    head: columns.map(([head]) => head),
    colAligns: columns.map(([, alignment]) => alignment),
  });
  for (const row of rows) table.push([...row]);
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}
