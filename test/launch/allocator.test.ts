// SPDX-License-Identifier: MIT
import test from 'ava';
import fc from 'fast-check';
import { allocatorEnvironment, releasedThresholds } from '../../src/launch/allocator.js';

const all = ['MALLOC_MMAP_THRESHOLD_', 'MALLOC_TOP_PAD_', 'NUMPY_MADVISE_HUGEPAGE'];

test('an empty environment gets the settings that fix the offsets of large blocks', (t) => {
  t.deepEqual(allocatorEnvironment({}), {
    MALLOC_MMAP_THRESHOLD_: '131072',
    MALLOC_TOP_PAD_: '0',
    NUMPY_MADVISE_HUGEPAGE: '0',
  });
});

test('what the user has set is never overridden, not even an empty value', (t) => {
  fc.assert(
    fc.property(fc.subarray(all), fc.string(), (set, value) => {
      const added = allocatorEnvironment(Object.fromEntries(set.map((name) => [name, value])));
      return Object.keys(added).every((name) => !set.includes(name));
    }),
  );
  t.pass();
});

test('a setting in GLIBC_TUNABLES counts as set', (t) => {
  const added = allocatorEnvironment({
    GLIBC_TUNABLES: 'glibc.malloc.check=1:glibc.malloc.mmap_threshold=65536',
  });
  t.deepEqual(Object.keys(added), ['MALLOC_TOP_PAD_', 'NUMPY_MADVISE_HUGEPAGE']);
});

test('only an allocator that the launcher pinned is released', (t) => {
  t.truthy(releasedThresholds({}, all));
  t.is(releasedThresholds({}, []), undefined);
  t.is(releasedThresholds({}, ['MALLOC_TOP_PAD_']), undefined);
  t.is(releasedThresholds({ MALLOC_TRIM_THRESHOLD_: '1' }, all), undefined);
});
