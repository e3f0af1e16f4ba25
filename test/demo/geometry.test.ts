// SPDX-License-Identifier: MIT
import test from 'ava';
import fc from 'fast-check';
import {
  convexHull,
  corners,
  levelAngle,
  scale,
  smallestRectangle,
  turn,
  unclip,
  type Point,
  type Rectangle,
} from '../../demo/function/geometry.js';

const coordinate = fc.integer({ min: 0, max: 1000 });
const points = fc.array(fc.record({ x: coordinate, y: coordinate }), { minLength: 1 });
const length = fc.double({ min: 1, max: 500, noNaN: true });
const rectangles: fc.Arbitrary<Rectangle> = fc.record({
  centre: fc.record({ x: coordinate, y: coordinate }),
  width: length,
  height: length,
  angle: fc.double({ min: -0.78, max: 0.78, noNaN: true }),
});

/** How far a point lies outside a rectangle, in pixels; zero or less inside. */
function outside(point: Point, { centre, width, height, angle }: Rectangle): number {
  const { x, y } = turn({ x: point.x - centre.x, y: point.y - centre.y }, -angle);
  return Math.max(Math.abs(x) - width / 2, Math.abs(y) - height / 2);
}

test('a quarter turn takes right to down', (t) => {
  const { x, y } = turn({ x: 1, y: 0 }, Math.PI / 2);
  t.true(Math.abs(x) < 1e-12);
  t.is(y, 1);
});

test('the hull of a square with points on and in it is its four corners', (t) => {
  const square = [
    { x: 0, y: 0 },
    { x: 4, y: 0 },
    { x: 4, y: 4 },
    { x: 0, y: 4 },
  ];
  const hull = convexHull([...square, { x: 2, y: 0 }, { x: 2, y: 2 }, { x: 4, y: 1 }]);
  t.deepEqual(new Set(hull), new Set(square));
});

test('a level block of pixels has itself as smallest rectangle', (t) => {
  const block = [
    { x: 10, y: 20 },
    { x: 70, y: 20 },
    { x: 10, y: 32 },
    { x: 70, y: 32 },
  ];
  t.deepEqual(smallestRectangle(block), {
    centre: { x: 40, y: 26 },
    width: 60,
    height: 12,
    angle: 0,
  });
});

test('points on a line have no rectangle', (t) => {
  t.is(smallestRectangle([]), undefined);
  t.is(smallestRectangle([{ x: 3, y: 3 }]), undefined);
  t.is(
    smallestRectangle([
      { x: 0, y: 0 },
      { x: 5, y: 0 },
      { x: 9, y: 0 },
    ]),
    undefined,
  );
});

test('the smallest rectangle holds all points and is level within an eighth of a turn', (t) => {
  fc.assert(
    fc.property(points, (cloud) => {
      const box = smallestRectangle(cloud);
      if (box === undefined) return true;
      const level = box.angle > -Math.PI / 4 - 1e-9 && box.angle <= Math.PI / 4 + 1e-9;
      return level && cloud.every((point) => outside(point, box) < 1e-6);
    }),
  );
  t.pass();
});

test('the smallest rectangle of four corners is no larger than theirs', (t) => {
  fc.assert(
    fc.property(rectangles, (rectangle) => {
      const box = smallestRectangle(corners(rectangle));
      if (box === undefined) return false;
      const area = rectangle.width * rectangle.height;
      return Math.abs(box.width * box.height - area) < area * 1e-6;
    }),
  );
  t.pass();
});

test('angles are levelled by whole quarter turns', (t) => {
  t.is(levelAngle(0), 0);
  t.is(levelAngle(Math.PI / 4), Math.PI / 4);
  t.true(Math.abs(levelAngle(Math.PI / 2 + 0.02) - 0.02) < 1e-12);
  t.true(Math.abs(levelAngle(-Math.PI + 0.02) - 0.02) < 1e-12);
});

test('unclip grows every side by area times ratio over perimeter', (t) => {
  const box = { centre: { x: 50, y: 50 }, width: 60, height: 20, angle: 0.1 };
  // 60 * 20 * 1.6 / 160 = 12 pixels on each side.
  t.deepEqual(unclip(box, 1.6), { ...box, width: 84, height: 44 });
  t.deepEqual(unclip(box, 0), box);
});

test('scaling there and back gives the same rectangle', (t) => {
  fc.assert(
    fc.property(rectangles, fc.integer({ min: 1, max: 10 }), (rectangle, factor) => {
      const back = corners(scale(scale(rectangle, factor), 1 / factor));
      return back.every((point) => outside(point, rectangle) < 1e-6);
    }),
  );
  t.pass();
});
