// SPDX-License-Identifier: MIT
/** The order in which a person reads text boxes. */
import { turn, type Rectangle } from './geometry.js';

/** Anything that stands somewhere on the page. */
export interface Placed {
  readonly box: Rectangle;
}

/**
 * Groups boxes into the rows of the page: rows from top to bottom, boxes of a row from left to
 * right. The page is first levelled by the median angle of its boxes, because on a page that is
 * turned by a degree the right end of a row can stand lower than the left end of the next.
 */
export function readingRows<T extends Placed>(items: readonly T[]): readonly (readonly T[])[] {
  const tilt = median(items.map((item) => item.box.angle));
  const level = items
    .map((item) => ({ item, at: turn(item.box.centre, -tilt), height: item.box.height }))
    .sort((a, b) => a.at.y - b.at.y);
  const rows: (typeof level)[] = [];
  for (const entry of level) {
    const row = rows.at(-1);
    const previous = row?.at(-1);
    // Same row: the centre lies within half a letter height of that of the box before it.
    const joins =
      previous !== undefined &&
      entry.at.y - previous.at.y < Math.min(entry.height, previous.height) / 2;
    if (row !== undefined && joins) row.push(entry);
    else rows.push([entry]);
  }
  return rows.map((row) => row.sort((a, b) => a.at.x - b.at.x).map((entry) => entry.item));
}

/** The middle value; zero for an empty list. */
function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
