// SPDX-License-Identifier: MIT
/** Pictures in memory, and their way into tensors. */
import { createCanvas, loadImage } from '@napi-rs/canvas';
import type { Rectangle } from './geometry.js';

/** Pixels as red, green, blue, alpha bytes: `data` has shape [height, width, 4]. */
export interface Raster {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8ClampedArray;
}

/** How a byte of a colour becomes a number: (byte / 255 - mean) / deviation, for each plane. */
export interface Normalisation {
  readonly mean: readonly [number, number, number];
  readonly deviation: readonly [number, number, number];
}

/** A request that the sender has to correct. */
export class BadImageError extends Error {
  override readonly name = 'BadImageError';
}

/** A page of A4 scanned at 300 dots per inch has 8.7 million pixels; 4 bytes each in memory. */
const maximumPixels = 16_000_000;

/**
 * Both models were trained on pictures as OpenCV loads them, blue first. Plane p of a tensor takes
 * its values from this channel of the raster.
 */
const channelOfPlane = [2, 1, 0] as const;

/** Decodes a PNG (or any format the decoder knows). Transparent parts become white paper. */
export async function decodeImage(bytes: Buffer): Promise<Raster> {
  const image = await loadImage(bytes).catch((cause: unknown) => {
    throw new BadImageError('the body is not an image in a known format', { cause });
  });
  const { width, height } = image;
  if (width === 0 || height === 0) throw new BadImageError('the image has no pixels');
  if (width * height > maximumPixels) {
    throw new BadImageError(`${width} x ${height} pixels are more than ${maximumPixels}`);
  }
  const context = createCanvas(width, height).getContext('2d');
  context.fillStyle = 'white';
  context.fillRect(0, 0, width, height);
  context.drawImage(image, 0, 0);
  return { width, height, data: context.getImageData(0, 0, width, height).data };
}

/** The rectangle that covers a whole picture. */
export function frame(raster: Raster): Rectangle {
  const { width, height } = raster;
  return { centre: { x: width / 2, y: height / 2 }, width, height, angle: 0 };
}

/** Planes to write to: `values` has shape [3, height, width]. */
export interface Planes {
  readonly values: Float32Array;
  readonly width: number;
  readonly height: number;
}

/**
 * Draws the given part of the picture over the first `columns` columns of the planes, levelled,
 * scaled (bilinear) and normalised. Where the part reaches over the edge of the picture the edge
 * is repeated. Columns after those are left as they are.
 */
export function drawPart(
  raster: Raster,
  part: Rectangle,
  normalisation: Normalisation,
  planes: Planes,
  columns: number = planes.width,
): void {
  const cos = Math.cos(part.angle);
  const sin = Math.sin(part.angle);
  const forms = linearForms(normalisation);
  for (let row = 0; row < planes.height; row += 1) {
    const down = ((row + 0.5) / planes.height - 0.5) * part.height;
    for (let column = 0; column < columns; column += 1) {
      const across = ((column + 0.5) / columns - 0.5) * part.width;
      // Half a pixel less, because a pixel's value stands for its middle.
      const x = part.centre.x + across * cos - down * sin - 0.5;
      const y = part.centre.y + across * sin + down * cos - 0.5;
      for (const [plane, form] of forms.entries()) {
        const channel = channelOfPlane[plane] ?? 0;
        const at = (plane * planes.height + row) * planes.width + column;
        const value = colourAt(raster, x, y, channel);
        planes.values[at] = value * form.slope + form.offset;
      }
    }
  }
}

/** The normalisation of each plane as one product and one sum. */
function linearForms(
  normalisation: Normalisation,
): readonly { readonly slope: number; readonly offset: number }[] {
  return normalisation.mean.map((mean, plane) => {
    const deviation = normalisation.deviation[plane] ?? 1;
    return { slope: 1 / (255 * deviation), offset: -mean / deviation };
  });
}

/** The value, 0 to 255, of a channel between pixels. */
function colourAt(raster: Raster, x: number, y: number, channel: number): number {
  const { width, height, data } = raster;
  const clampedX = Math.min(Math.max(x, 0), width - 1);
  const clampedY = Math.min(Math.max(y, 0), height - 1);
  const left = Math.floor(clampedX);
  const top = Math.floor(clampedY);
  const right = Math.min(left + 1, width - 1);
  const bottom = Math.min(top + 1, height - 1);
  const across = clampedX - left;
  const down = clampedY - top;
  const value = (column: number, row: number): number =>
    data[(row * width + column) * 4 + channel] ?? 0;
  const upper = value(left, top) * (1 - across) + value(right, top) * across;
  const lower = value(left, bottom) * (1 - across) + value(right, bottom) * across;
  return upper * (1 - down) + lower * down;
}
