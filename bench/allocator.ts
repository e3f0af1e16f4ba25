// SPDX-License-Identifier: MIT
/**
 * What pinning the allocator costs and brings: two instances of the demo's function for each setting,
 * the same requests, CPU time a request, memory, and how much of it is equal page for page.
 *
 *   node dist/bench/allocator.js [ROUNDS]
 *
 * CPU time is read from /proc/PID/stat (10 ms steps, summed over all requests), so that other load on
 * the machine matters little.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { measurePotential } from '../src/accounting/potential.js';
import { formatTable } from '../src/cli/format/table.js';
import { mebibytes } from '../src/cli/format/bytes.js';
import { native } from '../src/native/addon.js';
import { readMemoryUsage } from '../src/proc/memory-usage.js';
import { hostRoots } from '../src/proc/reading.js';
import { readStat } from '../src/proc/stat.js';
import { startFleet, type Fleet } from '../demo/fleet.js';
import { makeImages, type TestImage } from '../demo/images.js';

const instances = 2;
const settings: readonly (readonly [name: string, variables: Readonly<Record<string, string>>])[] =
  [
    ['as it is', {}],
    ['threshold 128 KiB, no pad', { MALLOC_MMAP_THRESHOLD_: '131072', MALLOC_TOP_PAD_: '0' }],
    ['threshold 128 KiB', { MALLOC_MMAP_THRESHOLD_: '131072' }],
    ['threshold 512 KiB', { MALLOC_MMAP_THRESHOLD_: '524288' }],
    ['threshold 1 MiB', { MALLOC_MMAP_THRESHOLD_: '1048576' }],
    ['threshold 4 MiB', { MALLOC_MMAP_THRESHOLD_: '4194304' }],
  ];

async function cpuMilliseconds(pids: readonly number[]): Promise<number> {
  let ticks = 0;
  for (const pid of pids) {
    const stat = await readStat(hostRoots, pid);
    if (stat.kind === 'value') ticks += stat.value.userTicks + stat.value.systemTicks;
  }
  return ticks * 10;
}

async function measure(
  fleet: Fleet,
  images: readonly (readonly TestImage[])[],
  rounds: number,
): Promise<readonly string[]> {
  const pids = fleet.functions.map((each) => each.pid);
  const cpuBefore = await cpuMilliseconds(pids);
  let requests = 0;
  let right = 0;
  const times: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const texts = await fleet.readImages(images);
    requests += texts.read;
    right += texts.right;
    times.push(...texts.milliseconds);
  }
  const cpu = ((await cpuMilliseconds(pids)) - cpuBefore) / requests;
  times.sort((a, b) => a - b);
  let pss = 0;
  for (const pid of pids) {
    const usage = await readMemoryUsage(hostRoots, pid);
    if (usage.kind === 'value') pss += usage.value.pssBytes;
  }
  const potential = await measurePotential(hostRoots, pids);
  if (potential.kind !== 'value') throw new Error(potential.message);
  const equal = potential.value.reduce(
    (sum, kind) => sum + kind.pages - kind.distinctContents - Math.max(0, kind.zeroPages - 1),
    0,
  );
  return [
    cpu.toFixed(0),
    (times[Math.floor(times.length / 2)] ?? 0).toFixed(0),
    mebibytes(pss),
    mebibytes(equal * native().pageSize),
    `${right}/${requests}`,
  ];
}

const rounds = Number(process.argv[2] ?? 3);
const folder = await mkdtemp(join(tmpdir(), 'upm-bench-'));
const stop = new AbortController();
try {
  const images: (readonly TestImage[])[] = [];
  for (let set = 0; set < instances; set += 1) images.push(await makeImages(folder, set));
  const rows: (readonly string[])[] = [];
  for (const [name, variables] of settings) {
    const fleet = await startFleet({ count: instances, environment: variables }, stop.signal);
    rows.push([name, ...(await measure(fleet, images, rounds))]);
    await fleet.stop();
  }
  console.log(
    formatTable(
      [
        ['ALLOCATOR', 'left'],
        ['CPU ms/request', 'right'],
        ['MEDIAN ms', 'right'],
        ['PSS MiB', 'right'],
        ['EQUAL MiB', 'right'],
        ['RIGHT', 'right'],
      ],
      rows,
    ),
  );
} finally {
  await rm(folder, { recursive: true, force: true });
}
