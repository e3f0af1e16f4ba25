// SPDX-License-Identifier: MIT
import test from 'ava';
import fc from 'fast-check';
import { parseStat, readStat } from '../../src/proc/stat.js';
import { failureIn, fixtureRoots, temporaryProc, valueOf } from './trees.js';

const captured = fixtureRoots({ proc: 'proc-6.18' });
const rest = '1 610 610 0 -1 4194560 420 0 0 0 12 7 0 0 20 0 1 0 812 430080 85 0 0';

test('the numbers of a process', async (t) => {
  t.deepEqual(valueOf(await readStat(fixtureRoots({ proc: 'proc-4.9' }), 610)), {
    pid: 610,
    comm: 'dbus-daemon',
    state: 'S',
    ppid: 1,
    kernelThread: false,
    userTicks: 12,
    systemTicks: 7,
    startTimeTicks: 812n,
  });
});

test('a name that looks like the fields after it is not taken for them', async (t) => {
  t.deepEqual(valueOf(await readStat(captured, 8233)), {
    pid: 8233,
    comm: 'a) R (1\n\\n',
    state: 'S',
    ppid: 1,
    kernelThread: false,
    userTicks: 1,
    systemTicks: 1,
    startTimeTicks: 140786n,
  });
});

test('a kernel thread is known by its flag', async (t) => {
  const ksmd = valueOf(await readStat(captured, 37));
  t.is(ksmd.comm, 'ksmd');
  t.is(ksmd.ppid, 2);
  t.true(ksmd.kernelThread);
});

test('a zombie still has its numbers', async (t) => {
  const zombie = valueOf(await readStat(captured, 8243));
  t.is(zombie.state, 'Z');
  t.is(zombie.ppid, 8233);
});

test('a start time beyond 2^53 is exact', (t) => {
  const text = `7 (x) S ${rest.replace(' 812 ', ' 18446744073709551615 ')}\n`;
  t.is(parseStat(text)?.startTimeTicks, 18446744073709551615n);
});

test('a malformed line makes the file invalid', async (t) => {
  for (const bad of [
    '',
    '7',
    '7 (x',
    `7 x) S ${rest}`,
    `(x) S ${rest}`,
    `7 (x) ${rest}`,
    `7 (x) S 1 2 3`,
    `7 (x) S ${rest.replace('1 610', 'one 610')}`,
  ]) {
    t.is(parseStat(bad), undefined, bad);
  }
  const roots = await temporaryProc(t, { '7/stat': '7 (x)\n' });
  t.is(failureIn(await readStat(roots, 7)).kind, 'invalid');
});

test('any name survives', (t) => {
  const characters = fc.constantFrom('a', ' ', ')', '(', ') S 1', '\n', '7', '\\');
  fc.assert(
    fc.property(fc.array(characters, { maxLength: 15 }), (name) => {
      const comm = name.join('');
      t.is(parseStat(`7 (${comm}) S ${rest}\n`)?.comm, comm);
    }),
  );
});
