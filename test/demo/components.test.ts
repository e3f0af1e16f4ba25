// SPDX-License-Identifier: MIT
import test from 'ava';
import fc from 'fast-check';
import { connectedComponents, type ProbabilityMap } from '../../demo/function/components.js';
import { boxesOf, searchSize } from '../../demo/function/detection.js';

/** A map from a drawing: `#` is 0.9, `+` is 0.4, anything else is 0. */
function drawn(...rows: readonly string[]): ProbabilityMap {
  const levels: Readonly<Record<string, number>> = { '#': 0.9, '+': 0.4 };
  const values = rows.flatMap((row) => Array.from(row, (sign) => levels[sign] ?? 0));
  return { values: Float32Array.from(values), width: rows[0]?.length ?? 0, height: rows.length };
}

test('regions that touch by a corner are one', (t) => {
  const found = connectedComponents(drawn('##..', '..##', '....', '#...'), 0.3);
  t.deepEqual(
    found.map((component) => component.area),
    [4, 1],
  );
});

test('the end of one row does not touch the start of the next', (t) => {
  t.is(connectedComponents(drawn('...#', '....', '#...'), 0.3).length, 2);
  t.is(connectedComponents(drawn('...#', '#...'), 0.3).length, 2);
});

test('the score is the mean of the pixels, and pixels below the threshold do not count', (t) => {
  const [component, ...others] = connectedComponents(drawn('#+', '.+'), 0.3);
  t.is(others.length, 0);
  t.true(Math.abs((component?.score ?? 0) - (0.9 + 0.4 + 0.4) / 3) < 1e-6);
});

test('the outline has the outer corners of the pixels', (t) => {
  const [component] = connectedComponents(drawn('....', '.##.', '....'), 0.3);
  t.deepEqual(component?.outline, [
    { x: 1, y: 1 },
    { x: 3, y: 1 },
    { x: 1, y: 2 },
    { x: 3, y: 2 },
  ]);
});

test('every pixel above the threshold is in exactly one region', (t) => {
  const maps = fc
    .record({ width: fc.integer({ min: 1, max: 12 }), height: fc.integer({ min: 1, max: 12 }) })
    .chain(({ width, height }) =>
      fc
        .array(fc.constantFrom(0, 0.2, 0.5, 1), {
          minLength: width * height,
          maxLength: width * height,
        })
        .map((values) => ({ values: Float32Array.from(values), width, height })),
    );
  fc.assert(
    fc.property(maps, (map) => {
      const total = connectedComponents(map, 0.3).reduce((sum, { area }) => sum + area, 0);
      return total === map.values.filter((value) => value > 0.3).length;
    }),
  );
  t.pass();
});

test('boxes leave out thin and unsure regions and are wider than what was found', (t) => {
  const boxes = boxesOf(
    drawn(
      '....................',
      '..##########........',
      '..##########....++++',
      '..##########....++++',
      '..##########....++++',
      '....................',
      '....############....',
      '....................',
    ),
  );
  t.is(boxes.length, 1);
  const [box] = boxes;
  // 10 x 4 pixels, grown on each side by 40 * 1.8 / 28.
  t.true(Math.abs((box?.width ?? 0) - (10 + 144 / 28)) < 1e-9);
  t.true(Math.abs((box?.height ?? 0) - (4 + 144 / 28)) < 1e-9);
  t.deepEqual(box?.centre, { x: 7, y: 3 });
});

test('small pictures are searched at their size, large ones at 960 pixels', (t) => {
  t.deepEqual(searchSize(640, 480), { width: 640, height: 480, factor: 1 });
  t.deepEqual(searchSize(641, 1), { width: 672, height: 32, factor: 1 });
  t.deepEqual(searchSize(1920, 1000), { width: 960, height: 512, factor: 0.5 });
});
