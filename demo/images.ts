// SPDX-License-Identifier: MIT
/** The pictures the demo sends to its functions: pages whose text is known. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createCanvas, GlobalFonts, type Canvas, type SKRSContext2D } from '@napi-rs/canvas';

/** A picture and the text a person reads in it. */
export interface TestImage {
  /** Path of the PNG. */
  readonly file: string;
  /** Lines from top to bottom; columns of a line are joined with one space. */
  readonly lines: readonly string[];
}

/** A piece of text on a page; lengths in pixels, (x, y) is the left end of the base line. */
interface Piece {
  readonly text: string;
  readonly x: number;
  readonly y: number;
  readonly size: number;
  readonly font: keyof typeof fontFiles;
}

interface Page {
  readonly name: string;
  readonly width: number;
  readonly height: number;
  readonly paper: string;
  readonly ink: string;
  /** Degrees by which the page lies askew, clockwise. */
  readonly tilt: number;
  /** Largest change of a colour value by noise, of 255. */
  readonly noise: number;
  /** A frame around the page, as a road sign has. */
  readonly frame: boolean;
  /** Pieces of text, row by row. */
  readonly rows: readonly (readonly Piece[])[];
}

/** Fonts come from a package: pages look the same whatever fonts the system has. */
const fontFiles = {
  Sans: 'DejaVuSans.ttf',
  Bold: 'DejaVuSans-Bold.ttf',
  Serif: 'DejaVuSerif.ttf',
  Mono: 'DejaVuSansMono.ttf',
} as const;

/**
 * The recognition model was trained mostly on Chinese text and tends to drop a space next to a
 * number, so numbers stand in columns of their own.
 */
const pages: readonly Page[] = [
  {
    name: 'invoice',
    width: 800,
    height: 608,
    paper: '#fdfcf7',
    ink: '#1c1c28',
    tilt: 0,
    noise: 6,
    frame: false,
    rows: [
      [{ text: 'INVOICE', x: 60, y: 90, size: 48, font: 'Bold' }],
      [
        { text: 'Number', x: 60, y: 160, size: 26, font: 'Sans' },
        { text: '20731', x: 620, y: 160, size: 26, font: 'Sans' },
      ],
      [
        { text: 'Item', x: 60, y: 240, size: 26, font: 'Bold' },
        { text: 'Price', x: 620, y: 240, size: 26, font: 'Bold' },
      ],
      [
        { text: 'Notebooks', x: 60, y: 300, size: 26, font: 'Sans' },
        { text: '24.90', x: 620, y: 300, size: 26, font: 'Sans' },
      ],
      [
        { text: 'Blue ink', x: 60, y: 360, size: 26, font: 'Sans' },
        { text: '18.35', x: 620, y: 360, size: 26, font: 'Sans' },
      ],
      [
        { text: 'Delivery', x: 60, y: 420, size: 26, font: 'Sans' },
        { text: '6.75', x: 620, y: 420, size: 26, font: 'Sans' },
      ],
      [
        { text: 'Total', x: 60, y: 510, size: 32, font: 'Bold' },
        { text: '50.00', x: 600, y: 510, size: 32, font: 'Bold' },
      ],
    ],
  },
  {
    name: 'road-sign',
    width: 640,
    height: 416,
    paper: '#0b4ea2',
    ink: '#ffffff',
    tilt: 1,
    noise: 10,
    frame: true,
    rows: [
      [{ text: 'CITY CENTRE', x: 90, y: 120, size: 56, font: 'Bold' }],
      [
        { text: 'Airport', x: 90, y: 220, size: 48, font: 'Sans' },
        { text: '14', x: 490, y: 220, size: 48, font: 'Sans' },
      ],
      [
        { text: 'Harbour', x: 90, y: 320, size: 48, font: 'Sans' },
        { text: '29', x: 490, y: 320, size: 48, font: 'Sans' },
      ],
    ],
  },
  {
    name: 'receipt',
    width: 480,
    height: 640,
    paper: '#f4f1ea',
    ink: '#2b2b2b',
    tilt: -1,
    noise: 14,
    frame: false,
    rows: [
      [{ text: 'CORNER BAKERY', x: 80, y: 90, size: 34, font: 'Mono' }],
      [
        { text: 'Table', x: 60, y: 170, size: 26, font: 'Mono' },
        { text: '12', x: 360, y: 170, size: 26, font: 'Mono' },
      ],
      [
        { text: 'Coffee', x: 60, y: 250, size: 26, font: 'Mono' },
        { text: '3.20', x: 330, y: 250, size: 26, font: 'Mono' },
      ],
      [
        { text: 'Apple pie', x: 60, y: 310, size: 26, font: 'Mono' },
        { text: '4.60', x: 330, y: 310, size: 26, font: 'Mono' },
      ],
      [
        { text: 'Total', x: 60, y: 400, size: 30, font: 'Mono' },
        { text: '7.80', x: 320, y: 400, size: 30, font: 'Mono' },
      ],
      [{ text: 'Thank you', x: 140, y: 520, size: 30, font: 'Mono' }],
    ],
  },
  {
    name: 'letter',
    width: 960,
    height: 640,
    paper: '#ffffff',
    ink: '#222222',
    tilt: 0.5,
    noise: 8,
    frame: false,
    rows: [
      [{ text: 'Dear reader,', x: 70, y: 100, size: 34, font: 'Serif' }],
      [{ text: 'the parcel arrived on Monday.', x: 70, y: 190, size: 30, font: 'Serif' }],
      [{ text: 'Please sign the form and', x: 70, y: 260, size: 30, font: 'Serif' }],
      [{ text: 'send it back before June.', x: 70, y: 330, size: 30, font: 'Serif' }],
      [{ text: 'With kind regards', x: 70, y: 450, size: 30, font: 'Serif' }],
      [{ text: 'Martha Green', x: 70, y: 530, size: 40, font: 'Serif' }],
    ],
  },
];

/**
 * Draws the pictures into a folder, which is made if need be. The same call gives the same bytes.
 * @param set pictures of another set say the same and differ in every pixel: two functions never get
 * the same picture in real life, and what they leave in memory must not look alike in a test either.
 */
export async function makeImages(folder: string, set = 0): Promise<readonly TestImage[]> {
  registerFonts();
  await mkdir(folder, { recursive: true });
  return Promise.all(
    pages.map(async (page) => {
      const file = join(folder, `${page.name}-${set}.png`);
      await writeFile(file, await draw(page, set).encode('png'));
      return { file, lines: page.rows.map((row) => row.map((piece) => piece.text).join(' ')) };
    }),
  );
}

function registerFonts(): void {
  for (const [name, file] of Object.entries(fontFiles)) {
    const path = fileURLToPath(import.meta.resolve(`dejavu-fonts-ttf/ttf/${file}`));
    if (GlobalFonts.registerFromPath(path, `Demo ${name}`) === null) {
      throw new Error(`cannot use the font ${path}`);
    }
  }
}

function draw(page: Page, set: number): Canvas {
  const canvas = createCanvas(page.width, page.height);
  const context = canvas.getContext('2d');
  context.fillStyle = page.paper;
  context.fillRect(0, 0, page.width, page.height);
  context.translate(page.width / 2, page.height / 2);
  context.rotate((page.tilt * Math.PI) / 180);
  context.translate(-page.width / 2, -page.height / 2);
  context.strokeStyle = page.ink;
  context.lineWidth = 8;
  if (page.frame) context.strokeRect(30, 30, page.width - 60, page.height - 60);
  context.fillStyle = page.ink;
  for (const piece of page.rows.flat()) {
    context.font = `${piece.size}px "Demo ${piece.font}"`;
    context.fillText(piece.text, piece.x, piece.y);
  }
  addNoise(context, page, set);
  return canvas;
}

/** Brightens and darkens pixels a little, as a camera does. */
function addNoise(context: SKRSContext2D, page: Page, set: number): void {
  const pixels = context.getImageData(0, 0, page.width, page.height);
  const random = randomNumbers(page.width * page.height + set);
  for (let index = 0; index < pixels.data.length; index += 4) {
    const change = (random() * 2 - 1) * page.noise;
    for (let channel = 0; channel < 3; channel += 1) {
      const value = pixels.data[index + channel] ?? 0;
      pixels.data[index + channel] = value + change;
    }
  }
  context.putImageData(pixels, 0, 0);
}

/** Numbers from 0 to 1 that depend on nothing but the seed (a linear congruential generator). */
function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
