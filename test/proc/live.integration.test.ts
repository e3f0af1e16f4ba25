// SPDX-License-Identifier: MIT
/** The readers against the running kernel and real processes. */
import { execFile, spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';
import test, { type ExecutionContext } from 'ava';
import { readCgroup } from '../../src/proc/cgroup.js';
import { readCmdline } from '../../src/proc/cmdline.js';
import { readKsmState } from '../../src/proc/ksm-sysfs.js';
import { readKsmStat } from '../../src/proc/ksm-stat.js';
import { readMaps } from '../../src/proc/maps.js';
import { readMeminfo } from '../../src/proc/meminfo.js';
import { sumUsage, uniqueBytes } from '../../src/proc/memory-usage.js';
import { listPids } from '../../src/proc/processes.js';
import { hostRoots } from '../../src/proc/reading.js';
import { readSmapsRollup } from '../../src/proc/smaps-rollup.js';
import { readSmaps } from '../../src/proc/smaps.js';
import { readStat, type ProcessStat } from '../../src/proc/stat.js';
import { readStatus } from '../../src/proc/status.js';
import { readVmstat } from '../../src/proc/vmstat.js';
import { mappingOf } from './printers.js';
import { failureIn, valueOf } from './trees.js';

const KiB = 1024;

/** A process that has finished its start-up and does nothing: it echoed a line and waits for more. */
async function quietProcess(
  t: ExecutionContext,
): Promise<{ readonly pid: number; readonly child: ChildProcessWithoutNullStreams }> {
  const child = spawn('cat');
  t.teardown(() => child.kill('SIGKILL'));
  child.stdin.write('ready\n');
  await once(child.stdout, 'data');
  if (child.pid === undefined) throw new Error('cat did not start');
  return { pid: child.pid, child };
}

test('smaps_rollup is the sum of smaps', async (t) => {
  const { pid } = await quietProcess(t);
  const rollup = valueOf(await readSmapsRollup(hostRoots, pid));
  const smaps = valueOf(await readSmaps(hostRoots, pid));
  const sum = sumUsage(smaps.map((mapping) => mapping.usage));
  t.is(sum.rssBytes, rollup.rssBytes);
  t.is(sum.anonymousBytes, rollup.anonymousBytes);
  t.true(uniqueBytes(rollup) > 0);
  // Others that map the same libraries come and go between the two reads.
  t.true(Math.abs(rollup.pssBytes - sum.pssBytes) <= smaps.length * 64 * KiB);
});

test('maps and smaps list the same mappings', async (t) => {
  const { pid } = await quietProcess(t);
  const maps = valueOf(await readMaps(hostRoots, pid));
  const smaps = valueOf(await readSmaps(hostRoots, pid));
  t.deepEqual(smaps.map(mappingOf), maps);
});

test('stat, status and cmdline agree about this process', async (t) => {
  const { pid } = process;
  const stat = valueOf(await readStat(hostRoots, pid));
  const status = valueOf(await readStatus(hostRoots, pid));
  t.is(stat.pid, pid);
  t.is(status.pid, pid);
  t.is(stat.ppid, process.ppid);
  t.is(status.ppid, process.ppid);
  t.is(stat.comm, status.name);
  t.false(stat.kernelThread);
  t.false(status.kernelThread);
  t.is(status.uid.real, process.getuid?.() ?? -1);
  t.true(status.nsPids.length === 0 || status.nsPids[0] === pid);
  t.true((status.vmRssBytes ?? 0) <= (status.vmSizeBytes ?? 0));
  t.is(valueOf(await readCmdline(hostRoots, pid)).truncated, false);
  t.true(valueOf(await listPids(hostRoots)).includes(pid));
});

test('the files of the machine are read', async (t) => {
  t.true(valueOf(await readMeminfo(hostRoots)).memTotalBytes > 0);
  t.true(valueOf(await readVmstat(hostRoots)).size > 0);
  t.true(['value', 'absent'].includes((await readKsmState(hostRoots)).kind));
  t.true(['value', 'absent'].includes((await readKsmStat(hostRoots, process.pid)).kind));
  t.is((await readCgroup(hostRoots, process.pid)).kind, 'value');
});

test('every process there is can be read, or says why not', async (t) => {
  for (const pid of valueOf(await listPids(hostRoots))) {
    for (const read of [readStat, readStatus, readCmdline, readCgroup, readMaps, readSmapsRollup]) {
      const { kind } = await read(hostRoots, pid);
      t.not(kind, 'invalid', `${read.name} of ${pid}`);
    }
  }
});

test('a process that was killed is gone', async (t) => {
  const { pid, child } = await quietProcess(t);
  child.kill('SIGKILL');
  await once(child, 'exit');
  for (const read of [
    readStat,
    readStatus,
    readCmdline,
    readCgroup,
    readMaps,
    readSmaps,
    readSmapsRollup,
    readKsmStat,
  ])
    t.is(failureIn(await read(hostRoots, pid)).kind, 'gone', read.name);
});

test('a zombie has numbers but no memory', async (t) => {
  // The shell leaves a child behind for a program that does not know of it and never waits for it. The
  // child lives as long as its input, so that it ends after the shell has become that program.
  const script = 'exec 3<&0; cat <&3 >&2 & echo $!; exec 3<&-; exec sleep 60 </dev/null';
  const parent = spawn('sh', ['-c', script], { stdio: ['pipe', 'pipe', 'ignore'] });
  t.teardown(() => parent.kill('SIGKILL'));
  const [line] = (await once(parent.stdout, 'data')) as [Buffer];
  const pid = Number(line.toString());
  await t.notThrowsAsync(until(parent.pid ?? 0, ({ comm }) => comm === 'sleep'));
  parent.stdin.end();
  await t.notThrowsAsync(until(pid, ({ state }) => state === 'Z'));
  t.deepEqual(valueOf(await readMaps(hostRoots, pid)), []);
  t.deepEqual(valueOf(await readCmdline(hostRoots, pid)).arguments, []);
  t.is(failureIn(await readSmapsRollup(hostRoots, pid)).kind, 'gone');
  t.false(valueOf(await readStatus(hostRoots, pid)).kernelThread);
});

async function until(pid: number, reached: (stat: ProcessStat) => boolean): Promise<void> {
  for (let attempt = 0; attempt < 250; attempt += 1) {
    if (reached(valueOf(await readStat(hostRoots, pid)))) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`process ${pid} did not get there`);
}

const asRoot = process.getuid?.() === 0 ? test : test.skip;
if (asRoot === test.skip)
  console.log('SKIP-REASON files of another user: only root can become one');

asRoot('memory of another user is denied without privilege', async (t) => {
  const modules = ['smaps', 'maps', 'smaps-rollup', 'ksm-stat'];
  const script = `
    const readers = await Promise.all(${JSON.stringify(modules)}.map(
      (name) => import(new URL('../../src/proc/' + name + '.js', ${JSON.stringify(import.meta.url)}))));
    process.setgroups([]); process.setegid(65534); process.seteuid(65534);
    const [{ readSmaps }, { readMaps }, { readSmapsRollup }, { readKsmStat }] = readers;
    const roots = { proc: '/proc', sys: '/sys' };
    const kinds = [];
    for (const read of [readSmaps, readMaps, readSmapsRollup, readKsmStat])
      kinds.push((await read(roots, 1)).kind);
    console.log(kinds.join());`;
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--input-type=module',
    '-e',
    script,
  ]);
  const kinds = stdout.trim().split(',');
  t.deepEqual(kinds.slice(0, 3), ['denied', 'denied', 'denied']);
  t.true(kinds[3] === 'denied' || kinds[3] === 'absent');
});
