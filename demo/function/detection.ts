// SPDX-License-Identifier: MIT
/** Finds where there is text: the detection model and what turns its answer into boxes. */
import { Tensor, type InferenceSession } from 'onnxruntime-node';
import { connectedComponents, type ProbabilityMap } from './components.js';
import { scale, smallestRectangle, unclip, type Rectangle } from './geometry.js';
import { drawPart, type Normalisation, type Raster } from './image.js';
import { runModel } from './model.js';

/** The means and deviations of ImageNet, with which the model was trained. */
const normalisation: Normalisation = {
  mean: [0.485, 0.456, 0.406],
  deviation: [0.229, 0.224, 0.225],
};

/** The model halves its input five times, so sides are multiples of this many pixels. */
const stride = 32;

/** Longest side, in pixels, at which a picture is searched. */
const longestSide = 960;

/** Where text begins: a pixel is text above the first; a region is text from the second on. */
const pixelThreshold = 0.3;
const regionThreshold = 0.6;

/**
 * Margin the model leaves out around text; see `unclip`. The model's makers use 1.5; a little more
 * keeps the full stop at the end of a line.
 */
const unclipRatio = 1.8;

/** Regions thinner than this many pixels are dust or lines. */
const thinnest = 3;

/** The size at which a picture is searched, and how much smaller than the picture that is. */
export interface SearchSize {
  readonly width: number;
  readonly height: number;
  readonly factor: number;
}

/** One factor for both sides, then each side up to a whole number of strides. */
export function searchSize(width: number, height: number): SearchSize {
  const factor = Math.min(1, longestSide / Math.max(width, height));
  const side = (length: number): number =>
    Math.max(1, Math.ceil((length * factor) / stride)) * stride;
  return { width: side(width), height: side(height), factor };
}

/** Boxes of text in pixels of the picture, in no particular order. */
export async function detect(
  session: InferenceSession,
  raster: Raster,
): Promise<readonly Rectangle[]> {
  const { width, height, factor } = searchSize(raster.width, raster.height);
  const values = new Float32Array(3 * height * width);
  // The part is larger than the picture where the sides were rounded up. Repeating the edge there
  // keeps the proportions of letters, which stretching the picture would not.
  const part = {
    centre: { x: width / 2 / factor, y: height / 2 / factor },
    width: width / factor,
    height: height / factor,
    angle: 0,
  };
  drawPart(raster, part, normalisation, { values, width, height });
  const input = new Tensor('float32', values, [1, 3, height, width]);
  // The answer has shape [1, 1, height, width].
  const output = await runModel(session, input);
  return boxesOf({ values: output.data, width, height }).map((box) => scale(box, 1 / factor));
}

/** Boxes of text in a probability map, in pixels of the map. */
export function boxesOf(map: ProbabilityMap): readonly Rectangle[] {
  const boxes: Rectangle[] = [];
  for (const component of connectedComponents(map, pixelThreshold)) {
    if (component.score < regionThreshold) continue;
    const tight = smallestRectangle(component.outline);
    if (tight === undefined || Math.min(tight.width, tight.height) < thinnest) continue;
    boxes.push(unclip(tight, unclipRatio));
  }
  return boxes;
}
