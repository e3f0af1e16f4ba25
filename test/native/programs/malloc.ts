// SPDX-License-Identifier: MIT
/** Prints the offset within its page of a block of 2 MiB, before and after the threshold is raised. */
import { native } from '../../../src/native/addon.js';

/** Blocks that go and come again, as a program's temporaries do; the last one is looked at. */
function offset(): number {
  const kept: ArrayBuffer[] = [];
  for (let count = 0; count < 4; count += 1) kept.push(new ArrayBuffer(2 * 1024 * 1024 + 64));
  const last = kept.at(-1);
  return last ? Number(native().locate(last).address % 4096n) : -1;
}

const pinned = offset();
const accepted = native().setMallocThresholds(32 * 1024 * 1024, 64 * 1024 * 1024, 131_072);
console.log(JSON.stringify({ pinned, released: offset(), accepted }));
