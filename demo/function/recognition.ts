// SPDX-License-Identifier: MIT
/** Reads the text in one box: the recognition model. */
import { Tensor, type InferenceSession } from 'onnxruntime-node';
import { decodeCtc, type Reading } from './ctc.js';
import type { Rectangle } from './geometry.js';
import { drawPart, type Normalisation, type Raster } from './image.js';
import { runModel } from './model.js';

/** Colours become -1 to 1. */
const normalisation: Normalisation = { mean: [0.5, 0.5, 0.5], deviation: [0.5, 0.5, 0.5] };

/** Height of a line, in pixels, for which the model was made. */
const lineHeight = 48;

/** Width, in pixels, of the lines it was trained with; shorter ones are filled up with grey. */
const shortestLine = 320;

/** Widths are rounded up to this, so that lines of about one length share a tensor shape. */
const widthStep = 32;

/** Width in pixels of the text of a box at line height, and of the tensor that holds it. */
export interface LineSize {
  readonly text: number;
  readonly tensor: number;
}

export function lineSize(box: Rectangle): LineSize {
  const text = Math.max(1, Math.ceil((lineHeight * box.width) / box.height));
  return { text, tensor: Math.max(shortestLine, Math.ceil(text / widthStep) * widthStep) };
}

/** The text in a box. */
export async function recognise(
  session: InferenceSession,
  keys: readonly string[],
  raster: Raster,
  box: Rectangle,
): Promise<Reading> {
  const size = lineSize(box);
  const planes = {
    values: new Float32Array(3 * lineHeight * size.tensor),
    width: size.tensor,
    height: lineHeight,
  };
  drawPart(raster, box, normalisation, planes, size.text);
  const input = new Tensor('float32', planes.values, [1, 3, lineHeight, size.tensor]);
  // The answer has shape [1, steps, keys.length]: one step for every eight columns.
  const output = await runModel(session, input);
  return decodeCtc(output.data, keys);
}
