// SPDX-License-Identifier: MIT
/** Frees 64 MiB in the middle of the heap, trims, and prints RSS before and after. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { native } from '../../../src/native/addon.js';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

function fillHeap(): Uint8Array {
  const blocks = Array.from({ length: 64 }, () => new Uint8Array(1024 * 1024).fill(1));
  // The last block stays, so the freed ones below it are not at the heap's top.
  return blocks.at(-1) ?? new Uint8Array();
}

const kept = fillHeap();
collect();
await new Promise((resolve) => setTimeout(resolve, 200));
collect();
const before = process.memoryUsage.rss();
const trimmed = await native().trimMalloc();
console.log(JSON.stringify({ before, after: process.memoryUsage.rss(), trimmed, kept: kept[0] }));
