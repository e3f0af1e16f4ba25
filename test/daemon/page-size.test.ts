// SPDX-License-Identifier: MIT
import test from 'ava';
import { readFileSync } from 'node:fs';
import { pageSizeInVector } from '../../src/daemon/page-size.js';

test('the auxiliary vector of a process tells the size of a page', (t) => {
  const size = pageSizeInVector(readFileSync('/proc/self/auxv'));
  t.true(size !== undefined && size >= 4096 && Number.isInteger(Math.log2(size)), String(size));
});

test('a vector without it, or cut short, tells nothing', (t) => {
  t.is(pageSizeInVector(Buffer.alloc(32)), undefined);
  t.is(pageSizeInVector(Buffer.from([6, 0, 0])), undefined);
});
