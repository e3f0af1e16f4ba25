// SPDX-License-Identifier: MIT
import test from 'ava';
import fc from 'fast-check';
import { parseStatus, readStatus } from '../../src/proc/status.js';
import { failureIn, fixtureRoots, temporaryProc, valueOf } from './trees.js';

const captured = fixtureRoots({ proc: 'proc-6.18' });
const old = fixtureRoots({ proc: 'proc-4.19' });
const root = { real: 0, effective: 0, saved: 0, fs: 0 };

function statusText(changes: Readonly<Record<string, string>>): string {
  const fields: Record<string, string> = {
    Name: 'sleep',
    State: 'S (sleeping)',
    Tgid: '7',
    Pid: '7',
    PPid: '1',
    Uid: '0\t0\t0\t0',
    Gid: '0\t0\t0\t0',
    Threads: '1',
    ...changes,
  };
  return Object.entries(fields)
    .map(([name, value]) => `${name}:\t${value}\n`)
    .join('');
}

test('the status of a process', async (t) => {
  t.deepEqual(valueOf(await readStatus(captured, 8235)), {
    name: 'function: resiz',
    state: 'S',
    tgid: 8235,
    pid: 8235,
    ppid: 1,
    uid: root,
    gid: root,
    nsPids: [8235],
    vmSizeBytes: 727136 * 1024,
    vmRssBytes: 38544 * 1024,
    rssAnonBytes: 5220 * 1024,
    rssFileBytes: 33324 * 1024,
    rssShmemBytes: 0,
    vmSwapBytes: 0,
    threads: 7,
    noNewPrivileges: false,
    thpEnabled: true,
    kernelThread: false,
  });
});

test('a newline and a backslash in a name are decoded', async (t) => {
  t.is(valueOf(await readStatus(captured, 8233)).name, 'a) R (1\n\\n');
});

test('a process in a pid namespace has a pid for each', async (t) => {
  const status = valueOf(await readStatus(old, 742));
  t.deepEqual(status.nsPids, [742, 1]);
  t.is(status.uid.effective, 33);
  t.is(status.vmRssBytes, 2412 * 1024);
  t.is(status.vmSwapBytes, 64 * 1024);
  t.is(status.threads, 7);
});

test('the kernel says which processes are kernel threads', async (t) => {
  const ksmd = valueOf(await readStatus(captured, 37));
  t.true(ksmd.kernelThread);
  t.is(ksmd.vmSizeBytes, undefined);
  t.false(valueOf(await readStatus(captured, 8243)).kernelThread);
});

test('on an older kernel, a process without memory is a kernel thread unless it is a zombie', async (t) => {
  t.true(valueOf(await readStatus(old, 37)).kernelThread);
  t.false(valueOf(await readStatus(old, 742)).kernelThread);
  const zombie = valueOf(await readStatus(old, 901));
  t.is(zombie.state, 'Z');
  t.false(zombie.kernelThread);
});

test('fields that an old kernel lacks are absent', (t) => {
  const status = parseStatus(statusText({}));
  t.deepEqual(status?.nsPids, []);
  t.false(Object.hasOwn(status ?? {}, 'noNewPrivileges'));
  t.false(Object.hasOwn(status ?? {}, 'thpEnabled'));
});

test('a field that is missing or malformed makes the file invalid', async (t) => {
  for (const [name, value] of [
    ['State', ''],
    ['Pid', 'x'],
    ['Uid', '0\t0\t0'],
    ['Gid', '0 0 0 0'],
    ['NSpid', '7\tx'],
    ['VmRSS', '12'],
    ['NoNewPrivs', '2'],
    ['Threads', '-1'],
  ] as const) {
    t.is(parseStatus(statusText({ [name]: value })), undefined, name);
  }
  const roots = await temporaryProc(t, { '7/status': 'Name:\tsleep\n' });
  t.is(failureIn(await readStatus(roots, 7)).kind, 'invalid');
});

test('any name survives the kernel escaping it', (t) => {
  const characters = fc.constantFrom('a', ' ', ':', '\\', 'n', '\n', '(', 'é');
  fc.assert(
    fc.property(fc.array(characters, { minLength: 1, maxLength: 15 }), (name) => {
      const text = `x${name.join('')}x`;
      const escaped = text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
      t.is(parseStatus(statusText({ Name: escaped }))?.name, text);
    }),
  );
});
