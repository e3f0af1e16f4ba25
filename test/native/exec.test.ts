// SPDX-License-Identifier: MIT
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { native } from '../../src/native/addon.js';
import type { ExecFailure, ExecRequest } from './programs/exec.js';
import { run, runProgram, systemError, unchecked, type Ended } from './support.js';

const addon = native();
const path = 'PATH=/usr/local/bin:/usr/bin:/bin';

function exec(
  request: ExecRequest,
  options: { input?: string; cwd?: string } = {},
): Promise<Ended> {
  return runProgram('exec', [JSON.stringify(request)], options);
}

function shell(script: string, input = ''): Promise<Ended> {
  return exec({ file: 'sh', argv: ['sh', '-c', script], environment: [path] }, { input });
}

async function failure(request: ExecRequest): Promise<ExecFailure> {
  const ended = await exec(request);
  return JSON.parse(ended.stdout) as ExecFailure;
}

function folderWith(
  t: ExecutionContext,
  files: Record<string, [text: string, mode: number]>,
): string {
  const folder = mkdtempSync(join(tmpdir(), 'upm-'));
  t.teardown(() => {
    rmSync(folder, { recursive: true });
  });
  for (const [name, [text, mode]] of Object.entries(files)) {
    writeFileSync(join(folder, name), text);
    chmodSync(join(folder, name), mode);
  }
  return folder;
}

test('the program takes over the process: same pid, its exit status', async (t) => {
  const ended = await shell('echo $$; exit 7');
  t.is(ended.stdout, `${ended.pid ?? 0}\n`);
  t.is(ended.code, 7);
  t.is(ended.stderr, '');
});

test('the program may end by a signal', async (t) => {
  const ended = await shell('kill -TERM $$');
  t.is(ended.signal, 'SIGTERM');
  t.is(ended.code, null);
});

test('standard streams work through pipes', async (t) => {
  const ended = await shell('tr a-z A-Z; echo diagnostics >&2', 'hello');
  t.is(ended.stdout, 'HELLO');
  t.is(ended.stderr, 'diagnostics\n');
});

test('standard streams are blocking', async (t) => {
  const ended = await shell('for i in 0 1 2; do grep flags /proc/$$/fdinfo/$i; done');
  const lines = ended.stdout.trim().split('\n');
  t.is(lines.length, 3);
  for (const line of lines) {
    const flags = parseInt(line.split('\t')[1] ?? '', 8);
    t.is(flags & 0o4000, 0, 'O_NONBLOCK');
    t.is(flags & 0o2000000, 0, 'close-on-exec');
  }
});

test('no descriptor that Node opened is left open', async (t) => {
  const list = 'ls /proc/$$/fd';
  const direct = await run('sh', ['-c', list]);
  t.is((await shell(list)).stdout, direct.stdout);
});

test('no signal is blocked or ignored in the program', async (t) => {
  const ended = await exec({
    file: 'cat',
    argv: ['cat', '/proc/self/status'],
    environment: [path],
  });
  t.regex(ended.stdout, /^SigBlk:\s0+$/m);
  t.regex(ended.stdout, /^SigIgn:\s0+$/m);
  t.regex(ended.stdout, /^SigCgt:\s0+$/m);
});

test('the environment is exactly the one given', async (t) => {
  const environment = ['B=2', 'A=1', 'EMPTY=', 'TEXT=ä = x\ny', 'A=again'];
  const ended = await exec({
    file: '/bin/cat',
    argv: ['cat', '/proc/self/environ'],
    environment,
  });
  t.deepEqual(ended.stdout.split('\0').slice(0, -1), environment);
});

test('arguments are passed as they are, argv[0] too', async (t) => {
  const argv = ['a name', '', 'ö', '-x', 'two\nlines', '/proc/self/cmdline'];
  const ended = await exec({
    file: '/bin/cat',
    argv: [argv[0] ?? '', '--', '/proc/self/cmdline'],
    environment: [],
  });
  t.is(ended.stdout, 'a name\0--\0/proc/self/cmdline\0');
  const echoed = await exec({ file: '/bin/echo', argv: ['echo', ...argv], environment: [] });
  t.is(echoed.stdout, `${argv.join(' ')}\n`);
});

test('the program is looked up in PATH of the environment given', async (t) => {
  const folder = folderWith(t, { 'upm-program': ['#!/bin/sh\necho found\n', 0o755] });
  const request = { file: 'upm-program', argv: ['x'] };
  const found = await exec({ ...request, environment: [`PATH=/nonexistent:${folder}`] });
  t.is(found.stdout, 'found\n');
  const { error } = await failure({ ...request, environment: [path] });
  t.like(error, systemError('execve', 'ENOENT'));
});

test('an empty part of PATH is the working folder', async (t) => {
  const cwd = folderWith(t, { 'upm-program': ['#!/bin/sh\necho found\n', 0o755] });
  for (const value of ['', ':/nonexistent', '/nonexistent:', '/nonexistent::/nowhere']) {
    const request = { file: 'upm-program', argv: ['x'], environment: [`PATH=${value}`] };
    t.is((await exec(request, { cwd })).stdout, 'found\n', value);
  }
});

test('without PATH the system folders are searched', async (t) => {
  const ended = await exec({ file: 'echo', argv: ['echo', 'found'], environment: ['NOT_PATH=/'] });
  t.is(ended.stdout, 'found\n');
});

test('a file that may not be executed does not hide a later one', async (t) => {
  const first = folderWith(t, { 'upm-program': ['#!/bin/sh\necho first\n', 0o644] });
  const second = folderWith(t, { 'upm-program': ['#!/bin/sh\necho second\n', 0o755] });
  const request = { file: 'upm-program', argv: ['x'] };
  const ended = await exec({ ...request, environment: [`PATH=${first}:${second}`] });
  t.is(ended.stdout, 'second\n');
  const { error } = await failure({ ...request, environment: [`PATH=${first}:/nonexistent`] });
  t.like(error, systemError('execve', 'EACCES'));
});

test('a script without an interpreter line is run by the shell', async (t) => {
  const folder = folderWith(t, { script: ['echo "$0" "$1"; exit 3\n', 0o755] });
  const file = join(folder, 'script');
  const ended = await exec({ file, argv: ['ignored', 'one two'], environment: [] });
  t.is(ended.stdout, `${file} one two\n`);
  t.is(ended.code, 3);
});

test('a program that cannot be started leaves the process as it was', async (t) => {
  const folder = folderWith(t, {
    data: ['#!/nonexistent/interpreter\n', 0o755],
    plain: ['', 0o644],
  });
  const cases: readonly [file: string, code: 'ENOENT' | 'EACCES' | 'ENOTDIR'][] = [
    ['/nonexistent/program', 'ENOENT'],
    ['upm-no-such-program', 'ENOENT'],
    [join(folder, 'data'), 'ENOENT'],
    [join(folder, 'plain'), 'EACCES'],
    [folder, 'EACCES'],
    [join(folder, 'plain', 'below'), 'ENOTDIR'],
  ];
  for (const [file, code] of cases) {
    const result = await failure({ file, argv: ['x'], environment: [path] });
    t.like(result.error, systemError('execve', code), file);
    t.is(result.after, result.before);
    // Otherwise the test would prove nothing: Node ignores SIGPIPE.
    t.regex(result.ignoredBefore, /1000$/);
  }
});

test('arguments that are too large give E2BIG', (t) => {
  const error = t.throws(() => addon.exec('/bin/true', ['true', 'x'.repeat(2 ** 23)], []));
  t.like(error, systemError('execve', 'E2BIG'));
});

test('impossible values throw RangeError', (t) => {
  const range = { instanceOf: RangeError };
  t.throws(() => addon.exec('', ['x'], []), range);
  t.throws(() => addon.exec('/bin/true\0', ['x'], []), range);
  t.throws(() => addon.exec('/bin/true', [], []), range);
  t.throws(() => addon.exec('/bin/true', ['x', 'a\0b'], []), { ...range, message: /"argv"\[1\]/ });
  t.throws(() => addon.exec('/bin/true', ['x'], ['A=1', 'B=\0']), range);
  t.throws(() => addon.exec('/bin/true', ['x'], ['A=1', 'NAME']), {
    ...range,
    message: /"environment"\[1\]/,
  });
});

test('arguments of another type throw TypeError', (t) => {
  const execUnchecked = unchecked('exec');
  const type = { instanceOf: TypeError };
  t.throws(() => execUnchecked(), type);
  for (const bad of [undefined, null, 1, {}, Buffer.from('x')]) {
    t.throws(() => execUnchecked(bad, ['x'], []), type);
    t.throws(() => execUnchecked('/bin/true', bad, []), type);
    t.throws(() => execUnchecked('/bin/true', ['x'], bad), type);
    t.throws(() => execUnchecked('/bin/true', ['x', bad], []), type);
    t.throws(() => execUnchecked('/bin/true', ['x'], ['A=1', bad]), type);
  }
  t.throws(() => execUnchecked('/bin/true', 'x', []), type);
  t.throws(() => execUnchecked('/bin/true', new Array(2 ** 32 - 1), []), type);
});

test('an exception thrown by a getter of the arguments comes through', (t) => {
  const argv = ['x'];
  Object.defineProperty(argv, 1, {
    get: () => {
      throw new Error('from the getter');
    },
  });
  t.throws(() => addon.exec('/bin/true', argv, []), { message: 'from the getter' });
});
