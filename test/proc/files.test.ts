// SPDX-License-Identifier: MIT
import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import {
  failureOf,
  parseReading,
  readNames,
  readPrefix,
  readProcessFile,
  readText,
} from '../../src/proc/files.js';
import { failureIn, temporaryProc, valueOf } from './trees.js';

function errno(code: string, number: number): Error {
  return Object.assign(new Error(code), { code, errno: -number });
}

test('a file is read whole, also one longer than a first read', async (t) => {
  const long = 'line of text\n'.repeat(10_000);
  const { proc } = await temporaryProc(t, { empty: '', short: 'ä\n', long });
  t.is(valueOf(await readText(join(proc, 'empty'))), '');
  t.is(valueOf(await readText(join(proc, 'short'))), 'ä\n');
  t.is(valueOf(await readText(join(proc, 'long'))), long);
});

test('a missing file is what the caller says it is', async (t) => {
  const { proc } = await temporaryProc(t, {});
  const path = join(proc, 'missing');
  t.deepEqual(failureIn(await readText(path)), {
    kind: 'absent',
    path,
    message: 'no such file or directory (ENOENT)',
  });
  t.is(failureIn(await readText(path, { missing: 'gone' })).kind, 'gone');
});

test('a missing file of a process that is there is absent, of one that is not is gone', async (t) => {
  const roots = await temporaryProc(t, { '7/stat': 'x' });
  t.is(failureIn(await readProcessFile(roots, 7, 'smaps_rollup')).kind, 'absent');
  t.is(failureIn(await readProcessFile(roots, 8, 'smaps_rollup')).kind, 'gone');
});

test('a folder, a loop of links and a file in the way are invalid', async (t) => {
  const { proc } = await temporaryProc(t, { file: 'x' });
  await mkdir(join(proc, 'folder'));
  await symlink('loop', join(proc, 'loop'));
  t.like(failureIn(await readText(join(proc, 'folder'))), {
    kind: 'invalid',
    message: 'illegal operation on a directory (EISDIR)',
  });
  t.is(failureIn(await readText(join(proc, 'loop'))).kind, 'invalid');
  t.is(failureIn(await readText(join(proc, 'file', 'x'))).kind, 'invalid');
  t.is(failureIn(await readNames(join(proc, 'file'))).kind, 'invalid');
});

test('a prefix is cut at the limit and says so', async (t) => {
  const { proc } = await temporaryProc(t, { file: '0123456789' });
  const path = join(proc, 'file');
  t.deepEqual(valueOf(await readPrefix(path, 4)), { text: '0123', truncated: true });
  t.deepEqual(valueOf(await readPrefix(path, 9)), { text: '012345678', truncated: true });
  t.deepEqual(valueOf(await readPrefix(path, 10)), { text: '0123456789', truncated: false });
});

test('each errno has its kind', (t) => {
  const kinds = [
    errno('ENOENT', 2),
    errno('ESRCH', 3),
    errno('EACCES', 13),
    errno('EPERM', 1),
    errno('EIO', 5),
    errno('EINVAL', 22),
    errno('EWHATEVER', 9999),
  ].map((error) => failureOf(error, '/x', 'absent').kind);
  t.deepEqual(kinds, ['absent', 'gone', 'denied', 'denied', 'invalid', 'invalid', 'invalid']);
});

test('an error that is no errno is a fault and passes through', (t) => {
  const fault = new TypeError('a fault of ours');
  t.is(
    t.throws(() => failureOf(fault, '/x', 'absent')),
    fault,
  );
});

test('a process id that cannot be one is a fault of the caller', async (t) => {
  const roots = await temporaryProc(t, {});
  for (const pid of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 60])
    await t.throwsAsync(readProcessFile(roots, pid, 'stat'), { instanceOf: RangeError });
});

test('a parser that gives up makes the content invalid', (t) => {
  const reading = { kind: 'value', value: 'text' } as const;
  t.deepEqual(
    parseReading(reading, '/x', () => undefined, 'a number'),
    { kind: 'invalid', path: '/x', message: 'malformed: expected a number' },
  );
});
