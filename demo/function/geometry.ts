// SPDX-License-Identifier: MIT
/**
 * Plane geometry for text boxes. Coordinates are pixels of the image, x to the right and y down;
 * the pixel in column c and row r covers the square from (c, r) to (c + 1, r + 1).
 */

export interface Point {
  readonly x: number;
  readonly y: number;
}

/**
 * A rectangle that may be turned. `width` runs along the direction of reading, which is turned by
 * `angle` radians (clockwise, as y points down) from the x axis.
 */
export interface Rectangle {
  readonly centre: Point;
  readonly width: number;
  readonly height: number;
  readonly angle: number;
}

/** Turns a point about the origin by `angle` radians, clockwise on the screen. */
export function turn(point: Point, angle: number): Point {
  const cos = Math.cos(angle);
  const sin = Math.sin(angle);
  return { x: point.x * cos - point.y * sin, y: point.x * sin + point.y * cos };
}

/** The four corners: top left, top right, bottom right, bottom left in the direction of reading. */
export function corners(rectangle: Rectangle): readonly [Point, Point, Point, Point] {
  const { centre, width, height, angle } = rectangle;
  const corner = (across: number, down: number): Point => {
    const offset = turn({ x: (across * width) / 2, y: (down * height) / 2 }, angle);
    return { x: centre.x + offset.x, y: centre.y + offset.y };
  };
  return [corner(-1, -1), corner(1, -1), corner(1, 1), corner(-1, 1)];
}

/** The same rectangle in an image `factor` times as large. */
export function scale(rectangle: Rectangle, factor: number): Rectangle {
  return {
    centre: { x: rectangle.centre.x * factor, y: rectangle.centre.y * factor },
    width: rectangle.width * factor,
    height: rectangle.height * factor,
    angle: rectangle.angle,
  };
}

/**
 * The rectangle grown on each side by area · ratio / perimeter. The detection model was trained on
 * text regions shrunk by that kind of distance, so this gives back the margin it was taught to
 * leave out.
 */
export function unclip(rectangle: Rectangle, ratio: number): Rectangle {
  const { width, height } = rectangle;
  const distance = (width * height * ratio) / (2 * (width + height));
  return { ...rectangle, width: width + 2 * distance, height: height + 2 * distance };
}

/** Twice the signed area of the triangle a, b, c; its sign tells to which side the path turns. */
function cross(a: Point, b: Point, c: Point): number {
  return (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x);
}

/** The convex hull, in order around it, without points in the middle of an edge. */
export function convexHull(points: readonly Point[]): readonly Point[] {
  const sorted = [...points].sort((a, b) => a.x - b.x || a.y - b.y);
  const lower = chain(sorted);
  const upper = chain(sorted.reverse());
  return [...lower, ...upper];
}

/** One side of the hull of points already sorted; the last point belongs to the other side. */
function chain(sorted: readonly Point[]): readonly Point[] {
  const side: Point[] = [];
  for (const point of sorted) {
    for (;;) {
      const last = side.at(-1);
      const before = side.at(-2);
      if (last === undefined || before === undefined || cross(before, last, point) > 0) break;
      side.pop();
    }
    side.push(point);
  }
  return side.slice(0, -1);
}

/**
 * The smallest rectangle around the points, with its angle in (-π/4, π/4]: text is taken to run
 * from left to right. `undefined` for points without an area.
 */
export function smallestRectangle(points: readonly Point[]): Rectangle | undefined {
  const hull = convexHull(points);
  let best: Rectangle | undefined;
  // The smallest rectangle has a side on an edge of the hull, so it is enough to try each edge.
  for (const [index, from] of hull.entries()) {
    const to = hull[(index + 1) % hull.length];
    if (to === undefined) continue;
    const candidate = bounds(hull, levelAngle(Math.atan2(to.y - from.y, to.x - from.x)));
    const smaller =
      best === undefined || candidate.width * candidate.height < best.width * best.height;
    if (smaller) best = candidate;
  }
  return best !== undefined && best.width > 0 && best.height > 0 ? best : undefined;
}

/** The angle, by quarter turns, that lies in (-π/4, π/4]. */
export function levelAngle(angle: number): number {
  const quarter = Math.PI / 2;
  // Rounding half down keeps π/4 itself in the range.
  return angle - quarter * Math.ceil(angle / quarter - 0.5);
}

/** The rectangle of the given angle around the points. */
function bounds(points: readonly Point[], angle: number): Rectangle {
  let left = Infinity;
  let right = -Infinity;
  let top = Infinity;
  let bottom = -Infinity;
  for (const point of points) {
    const { x, y } = turn(point, -angle);
    left = Math.min(left, x);
    right = Math.max(right, x);
    top = Math.min(top, y);
    bottom = Math.max(bottom, y);
  }
  return {
    centre: turn({ x: (left + right) / 2, y: (top + bottom) / 2 }, angle),
    width: right - left,
    height: bottom - top,
    angle,
  };
}
