// SPDX-License-Identifier: MIT
import test from 'ava';
import { parseVmstat, readVmstat } from '../../src/proc/vmstat.js';
import { failureIn, fixtureRoots, temporaryProc, valueOf } from './trees.js';

test('counters by name', async (t) => {
  const counters = valueOf(await readVmstat(fixtureRoots({ proc: 'proc-6.18' })));
  t.true(counters.has('cow_ksm'));
  t.true(counters.has('ksm_swpin_copy'));
  t.true((counters.get('nr_free_pages') ?? 0n) > 0n);
});

test('counters are exact', (t) => {
  t.is(parseVmstat('pgfault 18446744073709551615\n')?.get('pgfault'), 18446744073709551615n);
});

test('a malformed line makes the file invalid', async (t) => {
  for (const bad of ['pgfault', 'pgfault x', ' 1', 'pgfault 1 2', '\n'])
    t.is(parseVmstat(bad), undefined, bad);
  t.is(failureIn(await readVmstat(await temporaryProc(t, { vmstat: 'x\n' }))).kind, 'invalid');
  t.is(failureIn(await readVmstat(fixtureRoots({}))).kind, 'absent');
});
