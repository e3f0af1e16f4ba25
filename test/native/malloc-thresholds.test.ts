// SPDX-License-Identifier: MIT
import { spawnSync } from 'node:child_process';
import test from 'ava';
import { programPath, unchecked } from './support.js';

test('a raised threshold moves large blocks from mappings of their own into the heap', (t) => {
  const { status, stdout } = spawnSync(process.execPath, [programPath('malloc')], {
    encoding: 'utf8',
    env: { ...process.env, MALLOC_MMAP_THRESHOLD_: '131072' },
  });
  t.is(status, 0);
  const { pinned, released, accepted } = JSON.parse(stdout) as Record<string, number | boolean>;
  if (accepted === false) {
    // musl has no such setting, and says so.
    t.is(released, pinned);
    return;
  }
  // glibc puts a header of 16 bytes before a block that has its own mapping.
  t.is(pinned, 16);
  t.not(released, 16);
});

test('impossible thresholds throw before the C library is asked', (t) => {
  const set = unchecked('setMallocThresholds');
  for (const bad of [-1, 0.5, NaN, 2 ** 31]) {
    t.throws(() => set(bad, 0, 0), { instanceOf: RangeError });
    t.throws(() => set(0, bad, 0), { instanceOf: RangeError });
    t.throws(() => set(0, 0, bad), { instanceOf: RangeError });
  }
  t.throws(() => set('1', 0, 0), { instanceOf: TypeError });
  t.throws(() => set(), { instanceOf: TypeError });
});

test('trimming gives memory back that was freed below something that lives', (t) => {
  const { status, stdout } = spawnSync(process.execPath, [programPath('trim')], {
    encoding: 'utf8',
    // No mappings of their own for blocks, and no trimming by the C library itself.
    env: {
      ...process.env,
      MALLOC_MMAP_THRESHOLD_: String(32 * 1024 * 1024),
      MALLOC_TRIM_THRESHOLD_: String(1024 * 1024 * 1024),
    },
  });
  t.is(status, 0);
  const { before, after, trimmed } = JSON.parse(stdout) as {
    readonly before: number;
    readonly after: number;
    readonly trimmed: boolean;
  };
  if (trimmed) t.true(before - after > 32 * 1024 * 1024, stdout);
  else t.pass('musl cannot');
});
