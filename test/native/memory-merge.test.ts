// SPDX-License-Identifier: MIT
import test from 'ava';
import { native } from '../../src/native/addon.js';
import { unchecked } from './support.js';

const addon = native();

test('whether the whole process is mergeable is a boolean, or EINVAL from an old kernel', (t) => {
  try {
    t.is(typeof addon.getMemoryMerge(), 'boolean');
  } catch (error) {
    t.like(error, { syscall: 'prctl', code: 'EINVAL' });
  }
});

test('only a boolean switches it; all else throws TypeError', (t) => {
  const setMemoryMerge = unchecked('setMemoryMerge');
  for (const bad of [undefined, null, 0, 1, 'true', {}, 1n, Object(true)]) {
    t.throws(() => setMemoryMerge(bad), { instanceOf: TypeError });
  }
  t.throws(() => setMemoryMerge(), { instanceOf: TypeError });
});
