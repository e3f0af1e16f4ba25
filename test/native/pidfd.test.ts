// SPDX-License-Identifier: MIT
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, readFileSync } from 'node:fs';
import test from 'ava';
import { native } from '../../src/native/addon.js';
import { systemError, unchecked } from './support.js';

const addon = native();

test('a pidfd names the process and is not inherited', async (t) => {
  const child = spawn('cat', { stdio: ['pipe', 'ignore', 'ignore'] });
  const exited = once(child, 'exit');
  const pid = child.pid ?? 0;
  const fd = addon.pidfdOpen(pid);
  const info = readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8');
  t.is(/^Pid:\s+(\d+)$/m.exec(info)?.[1], `${pid}`);
  const flags = parseInt(/^flags:\s+(\d+)$/m.exec(info)?.[1] ?? '', 8);
  t.not(flags & 0o2000000, 0);
  child.stdin.end();
  await exited;
  closeSync(fd);
  const error = t.throws(() => addon.pidfdOpen(pid));
  t.like(error, systemError('pidfd_open', 'ESRCH'));
});

test('impossible pids throw before any system call', (t) => {
  for (const pid of [0, -1, 1.5, NaN, 2 ** 31, Infinity]) {
    t.throws(() => addon.pidfdOpen(pid), { instanceOf: RangeError });
  }
  const pidfdOpen = unchecked('pidfdOpen');
  for (const pid of [undefined, null, '1', 1n, {}, Object(1)]) {
    t.throws(() => pidfdOpen(pid), { instanceOf: TypeError });
  }
});
