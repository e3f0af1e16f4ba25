// SPDX-License-Identifier: MIT
import test from 'ava';
import { parseKsmMergingPages, parseKsmStat, readKsmStat } from '../../src/proc/ksm-stat.js';
import { failureIn, fixtureRoots, temporaryProc, valueOf } from './trees.js';

const captured = fixtureRoots({ proc: 'proc-6.18' });

test('what KSM does for a process whose pages it merged', async (t) => {
  t.deepEqual(valueOf(await readKsmStat(captured, 8233)), {
    rmapItems: 3519,
    zeroPages: 0,
    mergingPages: 2574,
    processProfitBytes: 10_317_888,
    mergeAny: true,
    mergeable: true,
  });
});

test('a process that asked for nothing', async (t) => {
  const stat = valueOf(await readKsmStat(captured, 8234));
  t.is(stat.mergingPages, 0);
  t.false(stat.mergeAny);
  t.false(stat.mergeable);
});

test('a process without memory of its own has no numbers', async (t) => {
  t.deepEqual(valueOf(await readKsmStat(captured, 37)), {});
});

test('kernel 5.19 tells only how many pages are merged', async (t) => {
  const stat = valueOf(await readKsmStat(fixtureRoots({ proc: 'proc-5.19' }), 310));
  t.deepEqual(stat, { mergingPages: 1200 });
});

test('kernel 6.1 tells that in another file than the records', async (t) => {
  const stat = valueOf(await readKsmStat(fixtureRoots({ proc: 'proc-6.1' }), 310));
  t.deepEqual(stat, { rmapItems: 2048, mergingPages: 1984 });
});

test('a kernel with neither file is told from a process that is gone', async (t) => {
  const roots = fixtureRoots({ proc: 'proc-4.19' });
  t.is(failureIn(await readKsmStat(roots, 742)).kind, 'absent');
  t.is(failureIn(await readKsmStat(roots, 743)).kind, 'gone');
});

test('records can cost more than they save', (t) => {
  t.is(parseKsmStat('ksm_process_profit -4096\n')?.processProfitBytes, -4096);
});

test('unknown lines are passed over, malformed values are not', async (t) => {
  t.deepEqual(parseKsmStat('ksm_new_thing 1\nksm_rmap_items 2\n'), { rmapItems: 2 });
  for (const bad of [
    'ksm_rmap_items\n',
    'ksm_rmap_items x\n',
    'ksm_rmap_items 1.5\n',
    'ksm_merge_any: maybe\n',
    'ksm_process_profit --1\n',
  ]) {
    t.is(parseKsmStat(bad), undefined, bad);
  }
  t.is(parseKsmMergingPages('x\n'), undefined);
  t.deepEqual(parseKsmMergingPages(''), {});
  const roots = await temporaryProc(t, { '7/ksm_merging_pages': '\n' });
  t.is(failureIn(await readKsmStat(roots, 7)).kind, 'invalid');
});
