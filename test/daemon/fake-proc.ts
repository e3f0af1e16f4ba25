// SPDX-License-Identifier: MIT
/** A /proc of made-up processes that tests add, change and take away. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import type { HostRoots } from '../../src/proc/reading.js';

export interface FakeProcess {
  readonly pid: number;
  readonly startTime?: number;
  readonly comm?: string;
  readonly state?: string;
  readonly arguments?: readonly string[];
  readonly cgroup?: string;
  readonly rssKilobytes?: number;
  readonly pssKilobytes?: number;
  readonly privateKilobytes?: number;
  /** Resident anonymous memory in a mapping that is open to merging. */
  readonly advisedKilobytes?: number;
}

export interface FakeProc {
  readonly roots: HostRoots;
  /** Adds a process, or replaces the one of that pid. */
  put(process: FakeProcess): void;
  remove(pid: number): void;
}

export function makeProc(t: ExecutionContext): FakeProc {
  const proc = mkdtempSync(join(tmpdir(), 'upm-fake-proc-'));
  t.teardown(() => {
    rmSync(proc, { recursive: true, force: true });
  });
  return {
    roots: { proc, sys: join(proc, 'nowhere') },
    put(process) {
      const folder = join(proc, String(process.pid));
      mkdirSync(folder, { recursive: true });
      for (const [name, text] of Object.entries(filesOf(process))) {
        writeFileSync(join(folder, name), text);
      }
    },
    remove(pid) {
      rmSync(join(proc, String(pid)), { recursive: true, force: true });
    },
  };
}

function filesOf(process: FakeProcess): Readonly<Record<string, string>> {
  const { pid, startTime = 100, comm = 'worker', state = 'S', cgroup = '/' } = process;
  const words = process.arguments ?? [comm];
  const numbers = ['1', ...Array.from({ length: 17 }, () => '0'), String(startTime), '0'];
  return {
    stat: `${pid} (${comm}) ${state} ${numbers.join(' ')}\n`,
    status: status(pid, comm, state),
    cmdline: words.map((word) => `${word}\0`).join(''),
    cgroup: `0::${cgroup}\n`,
    smaps_rollup: `1000-2000 ---p 00000000 00:00 0 [rollup]\n${usage(process)}`,
    smaps: `1000-2000 rw-p 00000000 00:00 0\n${usage(process)}VmFlags: rd wr mg\n`,
  };
}

function status(pid: number, comm: string, state: string): string {
  return [
    `Name:\t${comm}`,
    `State:\t${state} (sleeping)`,
    `Tgid:\t${pid}`,
    `Pid:\t${pid}`,
    'PPid:\t1',
    'Uid:\t1000\t1000\t1000\t1000',
    'Gid:\t1000\t1000\t1000\t1000',
    'VmSize:\t1024 kB',
    'Threads:\t1',
    '',
  ].join('\n');
}

function usage(process: FakeProcess): string {
  const { rssKilobytes = 1000, pssKilobytes = 600 } = process;
  const { privateKilobytes = Math.min(500, rssKilobytes) } = process;
  const fields: readonly (readonly [string, number])[] = [
    ['Rss', rssKilobytes],
    ['Pss', pssKilobytes],
    ['Shared_Clean', rssKilobytes - privateKilobytes],
    ['Shared_Dirty', 0],
    ['Private_Clean', 0],
    ['Private_Dirty', privateKilobytes],
    ['Anonymous', process.advisedKilobytes ?? 0],
  ];
  return fields.map(([name, value]) => `${name}: ${value} kB\n`).join('');
}
