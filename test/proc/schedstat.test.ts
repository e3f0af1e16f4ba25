// SPDX-License-Identifier: MIT
import test from 'ava';
import { parseSchedstat, readSchedstat } from '../../src/proc/schedstat.js';
import { failureIn, fixtureRoots, temporaryProc, valueOf } from './trees.js';

test('times are exact nanoseconds', async (t) => {
  const roots = await temporaryProc(t, {
    '7/schedstat': '18446744073709551615 9007199254740993 3\n',
  });
  t.deepEqual(valueOf(await readSchedstat(roots, 7)), {
    cpuNanoseconds: 18446744073709551615n,
    waitNanoseconds: 9007199254740993n,
    timeslices: 3n,
  });
});

test('ksmd has used processor time', async (t) => {
  const ksmd = valueOf(await readSchedstat(fixtureRoots({ proc: 'proc-6.18' }), 37));
  t.true(ksmd.cpuNanoseconds > 1_000_000_000n);
});

test('three zeros are a value', async (t) => {
  t.deepEqual(valueOf(await readSchedstat(fixtureRoots({ proc: 'proc-5.10' }), 2041)), {
    cpuNanoseconds: 0n,
    waitNanoseconds: 0n,
    timeslices: 0n,
  });
});

test('a kernel without the file says so', async (t) => {
  t.is(failureIn(await readSchedstat(fixtureRoots({ proc: 'proc-4.9' }), 610)).kind, 'absent');
});

test('other than three numbers is malformed', (t) => {
  for (const bad of ['', '1 2', '1 2 3 4', '1 2 x', '-1 2 3', '1  3'])
    t.is(parseSchedstat(bad), undefined, bad);
});
