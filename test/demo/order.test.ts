// SPDX-License-Identifier: MIT
import test from 'ava';
import fc from 'fast-check';
import { scale, turn, type Rectangle } from '../../demo/function/geometry.js';
import { readingRows } from '../../demo/function/order.js';

interface Word {
  readonly text: string;
  readonly box: Rectangle;
}

function word(text: string, x: number, y: number, height = 20): Word {
  return { text, box: { centre: { x, y }, width: 80, height, angle: 0 } };
}

function texts(words: readonly Word[]): readonly (readonly string[])[] {
  return readingRows(words).map((row) => row.map(({ text }) => text));
}

const table = [
  word('Item', 100, 50),
  word('Price', 700, 52),
  word('Tea', 100, 90),
  word('2.10', 700, 88),
  word('Total', 100, 130),
];
const read = [['Item', 'Price'], ['Tea', '2.10'], ['Total']];

test('no boxes make no rows', (t) => {
  t.deepEqual(texts([]), []);
});

test('rows go from top to bottom and words from left to right, in whatever order they come', (t) => {
  fc.assert(
    fc.property(fc.shuffledSubarray(table, { minLength: table.length }), (shuffled) => {
      t.deepEqual(texts(shuffled), read);
    }),
  );
});

test('a page that lies askew by a few degrees reads the same', (t) => {
  fc.assert(
    fc.property(fc.double({ min: -0.1, max: 0.1, noNaN: true }), (angle) => {
      const askew = table.map(({ text, box }) => ({
        text,
        box: { ...box, centre: turn(box.centre, angle), angle },
      }));
      t.deepEqual(texts(askew), read);
    }),
  );
});

test('a page of any size reads the same', (t) => {
  const large = table.map(({ text, box }) => ({ text, box: scale(box, 3) }));
  t.deepEqual(texts(large), read);
});

test('a large heading does not draw in the line below it', (t) => {
  t.deepEqual(texts([word('HEAD', 100, 50, 80), word('small', 100, 95, 16)]), [
    ['HEAD'],
    ['small'],
  ]);
});
