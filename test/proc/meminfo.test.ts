// SPDX-License-Identifier: MIT
import test from 'ava';
import { parseMeminfo, readMeminfo } from '../../src/proc/meminfo.js';
import { failureIn, fixtureRoots, temporaryProc, valueOf } from './trees.js';

test('the memory of a machine, in bytes', async (t) => {
  const meminfo = valueOf(await readMeminfo(fixtureRoots({ proc: 'proc-6.18' })));
  t.is(meminfo.memTotalBytes, 24684092 * 1024);
  t.true(meminfo.memFreeBytes < meminfo.memTotalBytes);
  t.is(meminfo.swapTotalBytes, 0);
  t.true((meminfo.slabBytes ?? 0) > 0);
});

test('fields that a kernel lacks are absent', (t) => {
  t.deepEqual(parseMeminfo('MemTotal: 8 kB\nMemFree: 4 kB\nHugePages_Total: 0\n'), {
    memTotalBytes: 8192,
    memFreeBytes: 4096,
  });
});

test('a missing or malformed field makes the file invalid', async (t) => {
  t.is(parseMeminfo('MemTotal: 8 kB\n'), undefined);
  t.is(parseMeminfo('MemTotal: 8 kB\nMemFree: 4\n'), undefined);
  t.is(parseMeminfo('MemTotal: 8 kB\nMemFree: 4 kB\nSlab: x kB\n'), undefined);
  t.is(failureIn(await readMeminfo(await temporaryProc(t, { meminfo: '' }))).kind, 'invalid');
  t.is(failureIn(await readMeminfo(fixtureRoots({}))).kind, 'absent');
});
