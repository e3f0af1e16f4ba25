// SPDX-License-Identifier: MIT
import test from 'ava';
import { createCanvas } from '@napi-rs/canvas';
import {
  BadImageError,
  decodeImage,
  drawPart,
  frame,
  type Raster,
} from '../../demo/function/image.js';
import { lineSize } from '../../demo/function/recognition.js';

/** Leaves bytes as they are. */
const asBytes = {
  mean: [0, 0, 0],
  deviation: [1 / 255, 1 / 255, 1 / 255],
} as const;

/** A picture in shades of grey, one number a pixel. */
function grey(...rows: readonly (readonly number[])[]): Raster {
  const data = Uint8ClampedArray.from(rows.flat().flatMap((value) => [value, value, value, 255]));
  return { width: rows[0]?.length ?? 0, height: rows.length, data };
}

/** The first plane, of shape [height, width], of a part of a picture, rounded. */
function plane(raster: Raster, part = frame(raster), width = raster.width, height = raster.height) {
  const planes = { values: new Float32Array(3 * width * height), width, height };
  drawPart(raster, part, asBytes, planes);
  return [...planes.values.slice(0, width * height)].map(Math.round);
}

test('a whole picture at its own size is copied', (t) => {
  t.deepEqual(plane(grey([1, 2, 3], [4, 5, 6])), [1, 2, 3, 4, 5, 6]);
});

test('planes are blue, green, red', (t) => {
  const raster = { width: 1, height: 1, data: Uint8ClampedArray.of(10, 20, 30, 255) };
  const planes = { values: new Float32Array(3), width: 1, height: 1 };
  drawPart(raster, frame(raster), asBytes, planes);
  t.deepEqual([...planes.values].map(Math.round), [30, 20, 10]);
});

test('mean and deviation belong to planes', (t) => {
  const raster = grey([255]);
  const planes = { values: new Float32Array(3), width: 1, height: 1 };
  drawPart(raster, frame(raster), { mean: [0.5, 0, 1], deviation: [0.5, 0.25, 1] }, planes);
  t.deepEqual([...planes.values], [1, 4, 0]);
});

test('values between pixels are interpolated and the edge is repeated', (t) => {
  const raster = grey([0, 100]);
  t.deepEqual(plane(raster, frame(raster), 4, 1), [0, 25, 75, 100]);
  const wider = { centre: { x: 1, y: 0.5 }, width: 4, height: 1, angle: 0 };
  t.deepEqual(plane(raster, wider, 4, 1), [0, 0, 100, 100]);
});

test('a turned part is levelled', (t) => {
  const raster = grey([1, 2], [3, 4]);
  const quarter = { ...frame(raster), angle: Math.PI / 2 };
  t.deepEqual(plane(raster, quarter), [2, 4, 1, 3]);
});

test('columns after the text stay as they are', (t) => {
  const planes = { values: new Float32Array(9), width: 3, height: 1 };
  drawPart(grey([7]), frame(grey([7])), asBytes, planes, 1);
  t.deepEqual([...planes.values].map(Math.round), [7, 0, 0, 7, 0, 0, 7, 0, 0]);
});

test('transparent parts are white paper', async (t) => {
  const png = await createCanvas(2, 1).encode('png');
  const { width, height, data } = await decodeImage(png);
  t.deepEqual([width, height], [2, 1]);
  t.deepEqual([...data], Array<number>(8).fill(255));
});

test('what is no image is refused', async (t) => {
  await t.throwsAsync(decodeImage(Buffer.from('not an image')), { instanceOf: BadImageError });
  await t.throwsAsync(decodeImage(Buffer.alloc(0)), { instanceOf: BadImageError });
});

test('a line is as wide as its shape says, and its tensor at least 320 pixels', (t) => {
  const box = { centre: { x: 0, y: 0 }, width: 240, height: 24, angle: 0 };
  t.deepEqual(lineSize(box), { text: 480, tensor: 480 });
  t.deepEqual(lineSize({ ...box, width: 241 }), { text: 482, tensor: 512 });
  t.deepEqual(lineSize({ ...box, width: 12 }), { text: 24, tensor: 320 });
});
