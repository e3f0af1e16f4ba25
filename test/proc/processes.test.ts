// SPDX-License-Identifier: MIT
import test from 'ava';
import { findKernelThread, listPids } from '../../src/proc/processes.js';
import { failureIn, fixtureRoots, temporaryProc, valueOf } from './trees.js';

const numbers = '0 0 0 -1 FLAGS 0 0 0 0 0 0 0 0 20 0 1 0 5 0 0\n';
const kernelThread = (pid: number, name: string): string =>
  `${pid} (${name}) S 2 ${numbers.replace('FLAGS', '2097216')}`;
const program = (pid: number, name: string): string =>
  `${pid} (${name}) S 2 ${numbers.replace('FLAGS', '4194304')}`;

test('process ids in ascending order, and nothing else in /proc', async (t) => {
  t.deepEqual(
    valueOf(await listPids(fixtureRoots({ proc: 'proc-6.18' }))),
    [37, 8233, 8234, 8235, 8243],
  );
  const roots = await temporaryProc(t, {
    '10/stat': '',
    '9/stat': '',
    '0/stat': '',
    '08/stat': '',
    '99999999999999999999/stat': '',
    'sys/x': '',
  });
  t.deepEqual(valueOf(await listPids(roots)), [9, 10]);
});

test('a missing /proc is absent', async (t) => {
  t.is(failureIn(await listPids(fixtureRoots({}))).kind, 'absent');
  t.is(await findKernelThread(fixtureRoots({}), 'ksmd'), undefined);
});

test('a kernel thread is found by name', async (t) => {
  t.is(await findKernelThread(fixtureRoots({ proc: 'proc-6.18' }), 'ksmd'), 37);
  t.is(await findKernelThread(fixtureRoots({ proc: 'proc-4.19' }), 'ksmd'), 37);
  t.is(await findKernelThread(fixtureRoots({ proc: 'proc-6.18' }), 'kcompactd0'), undefined);
});

test('a program that took the name of a kernel thread is passed over', async (t) => {
  const roots = await temporaryProc(t, {
    '5/stat': program(5, 'ksmd'),
    '6/status': 'no stat here',
    '40/stat': kernelThread(40, 'ksmd'),
    '41/stat': kernelThread(41, 'ksmd'),
  });
  t.is(await findKernelThread(roots, 'ksmd'), 40);
});
