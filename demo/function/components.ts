// SPDX-License-Identifier: MIT
/** Connected regions of a probability map. */
import type { Point } from './geometry.js';

/** A map of one value a pixel: `values` has shape [height, width]. */
export interface ProbabilityMap {
  readonly values: Float32Array;
  readonly width: number;
  readonly height: number;
}

export interface Component {
  /** Number of pixels. */
  readonly area: number;
  /** Mean probability of its pixels, 0 to 1. */
  readonly score: number;
  /** Corners of the first and last pixel of each row: their convex hull is that of the region. */
  readonly outline: readonly Point[];
}

/** First and last column of a region in one row. */
interface Span {
  left: number;
  right: number;
}

/**
 * Regions of pixels above the threshold that touch by a side or a corner, in the order in which
 * their first pixel comes.
 */
export function connectedComponents(map: ProbabilityMap, threshold: number): readonly Component[] {
  const seen = new Uint8Array(map.values.length);
  const components: Component[] = [];
  for (const [start, value] of map.values.entries()) {
    if (value <= threshold || seen[start] === 1) continue;
    components.push(fill(map, threshold, start, seen));
  }
  return components;
}

/** Collects the region of one pixel. The stack is explicit: a region can be a whole image. */
function fill(map: ProbabilityMap, threshold: number, start: number, seen: Uint8Array): Component {
  const { values, width, height } = map;
  const spans = new Map<number, Span>();
  const stack = [start];
  seen[start] = 1;
  let area = 0;
  let sum = 0;
  for (let index = stack.pop(); index !== undefined; index = stack.pop()) {
    const row = Math.floor(index / width);
    const column = index - row * width;
    area += 1;
    sum += values[index] ?? 0;
    widen(spans, row, column);
    for (let y = Math.max(row - 1, 0); y <= Math.min(row + 1, height - 1); y += 1) {
      for (let x = Math.max(column - 1, 0); x <= Math.min(column + 1, width - 1); x += 1) {
        const next = y * width + x;
        if (seen[next] === 1 || (values[next] ?? 0) <= threshold) continue;
        seen[next] = 1;
        stack.push(next);
      }
    }
  }
  return { area, score: sum / area, outline: outlineOf(spans) };
}

function widen(spans: Map<number, Span>, row: number, column: number): void {
  const span = spans.get(row);
  if (span === undefined) {
    spans.set(row, { left: column, right: column });
    return;
  }
  span.left = Math.min(span.left, column);
  span.right = Math.max(span.right, column);
}

function outlineOf(spans: ReadonlyMap<number, Span>): readonly Point[] {
  const points: Point[] = [];
  for (const [row, { left, right }] of spans) {
    points.push({ x: left, y: row }, { x: right + 1, y: row });
    points.push({ x: left, y: row + 1 }, { x: right + 1, y: row + 1 });
  }
  return points;
}
