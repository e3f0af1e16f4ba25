// SPDX-License-Identifier: MIT
import test from 'ava';
import { launchEnvironment, type LaunchOptions } from '../../src/launch/plan.js';

const options: LaunchOptions = { mode: 'auto', policy: 'weights', allocator: 'load', hook: true };

function launch(
  environment: Readonly<Record<string, string>>,
  changes: Partial<LaunchOptions> = {},
  optedIn = true,
): Readonly<Record<string, string>> {
  return launchEnvironment(environment, { ...options, ...changes }, optedIn, 42, 'file:///r.js');
}

test('everything the user has set is passed on', (t) => {
  const user = { PATH: '/bin', NODE_OPTIONS: '--no-warnings', MALLOC_TOP_PAD_: '7' };
  const environment = launch(user);
  t.is(environment.PATH, '/bin');
  t.is(environment.MALLOC_TOP_PAD_, '7');
  t.true(environment.NODE_OPTIONS?.startsWith('--no-warnings '));
});

test('the hook learns how the process was opened, by which policy, and who the function is', (t) => {
  t.like(launch({}), { UPM_MODE: 'process', UPM_POLICY: 'weights', UPM_MAIN_PID: '42' });
  t.like(launch({}, { policy: 'all' }, false), { UPM_MODE: 'regions', UPM_POLICY: 'all' });
});

test('without the hook, nothing of it is left in the environment', (t) => {
  t.deepEqual(Object.keys(launch({}, { hook: false })).sort(), [
    'MALLOC_MMAP_THRESHOLD_',
    'MALLOC_TOP_PAD_',
    'NUMPY_MADVISE_HUGEPAGE',
  ]);
});

test('the allocator is pinned for loading, for life, or not at all', (t) => {
  const names = 'MALLOC_MMAP_THRESHOLD_,MALLOC_TOP_PAD_,NUMPY_MADVISE_HUGEPAGE';
  t.is(launch({}).UPM_PINNED, names);
  t.is(launch({}, { allocator: 'always' }).UPM_PINNED, undefined);
  t.is(launch({}, { allocator: 'always' }).MALLOC_MMAP_THRESHOLD_, '131072');
  t.is(launch({}, { allocator: 'keep' }).MALLOC_MMAP_THRESHOLD_, undefined);
});
