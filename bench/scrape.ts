// SPDX-License-Identifier: MIT
/**
 * How long a scrape takes with many functions on the host, while nothing else goes on and while
 * sampling is under way; and what sampling costs against its budget. Nothing is asserted: times depend
 * on the machine. Run with `npm run bench:scrape -- [--processes N] [--scrapes N] [--budget SHARE]`.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { stringify } from 'yaml';
import { metricValue, startDaemon, type BenchDaemon } from './daemon.js';
import { fleetName, startFleet, type Fleet } from './fleet.js';

const { values } = parseArgs({
  options: {
    processes: { type: 'string', default: '200' },
    scrapes: { type: 'string', default: '400' },
    budget: { type: 'string', default: '0.05' },
  },
});
const processes = Number(values.processes);
const scrapes = Number(values.scrapes);
const budget = Number(values.budget);

/** Between scrapes, so that they meet all phases of a round. */
const pauseMilliseconds = 10;
/** Long against an interval of 10 s, since whether a window has one round more or less must not matter. */
const quietSeconds = 60;
/** New instances are looked at each second for a minute: what that costs passes. */
const settleSeconds = 65;

interface Scrapes {
  /** Milliseconds, ascending. */
  readonly times: readonly number[];
  readonly bytes: number;
}

async function measureScrapes(daemon: BenchDaemon): Promise<Scrapes> {
  // The first ones compile the code.
  for (let index = 0; index < 20; index += 1) await daemon.scrape();
  const times: number[] = [];
  let bytes = 0;
  for (let index = 0; index < scrapes; index += 1) {
    const began = performance.now();
    bytes = (await daemon.scrape()).length;
    times.push(performance.now() - began);
    await sleep(pauseMilliseconds);
  }
  return { times: times.sort((left, right) => left - right), bytes };
}

function quantile(sorted: readonly number[], part: number): string {
  const index = Math.min(sorted.length - 1, Math.ceil(sorted.length * part) - 1);
  return `${(sorted[Math.max(0, index)] ?? NaN).toFixed(1)} ms`;
}

function scrapeLine(title: string, { times, bytes }: Scrapes): string {
  return `${title.padEnd(24)} p50 ${quantile(times, 0.5)}, p99 ${quantile(times, 0.99)}, worst ${quantile(times, 1)} (${times.length} scrapes of ${bytes} bytes)`;
}

/** Share of one core that sampling and the whole daemon use while nobody asks for anything. */
async function measureCost(daemon: BenchDaemon): Promise<string> {
  const before = await daemon.scrape();
  const began = performance.now();
  await sleep(quietSeconds * 1000);
  const after = await daemon.scrape();
  const seconds = (performance.now() - began) / 1000;
  const share = (name: string): string => {
    const used = metricValue(after, name) - metricValue(before, name);
    return `${((used / seconds) * 100).toFixed(1)} %`;
  };
  return (
    `sampling ${share('upm_sampler_cpu_seconds_total')} of a core (budget ${(budget * 100).toFixed(1)} %), ` +
    `whole daemon ${share('process_cpu_seconds_total')}; ` +
    `last round ${metricValue(after, 'upm_sample_duration_seconds').toFixed(2)} s, ` +
    `${metricValue(after, 'upm_sampler_deferred_processes')} deferred`
  );
}

async function withDaemon<T>(
  configFile: string,
  interval: string,
  use: (daemon: BenchDaemon) => Promise<T>,
): Promise<T> {
  const daemon = await startDaemon([
    '--config',
    configFile,
    '--sampler-interval-seconds',
    interval,
  ]);
  try {
    return await use(daemon);
  } finally {
    await daemon.stop();
  }
}

async function main(folder: string, fleet: Fleet): Promise<void> {
  const configFile = join(folder, 'upmd.yaml');
  const rule = { match: { command: `^${fleetName}(\\d+)` }, function: 'bench-$1' };
  await writeFile(
    configFile,
    stringify({ sampler: { cpuBudget: budget }, functions: { rules: [rule] } }),
  );
  print(
    `${fleet.size} processes in groups, ${availableParallelism()} cores, Node ${process.version}`,
  );
  // With rounds an hour apart the first one is over when the daemon is ready.
  print(scrapeLine('scrape, not sampling:', await withDaemon(configFile, '3600', measureScrapes)));
  await withDaemon(configFile, '1', async (daemon) => {
    print(scrapeLine('scrape while sampling:', await measureScrapes(daemon)));
    print(`cost with rounds of 1 s: ${await measureCost(daemon)}`);
  });
  await withDaemon(configFile, '10', async (daemon) => {
    print(`cost with rounds of 10 s, first minute: ${await measureCost(daemon)}`);
    await sleep((settleSeconds - quietSeconds) * 1000);
    print(`cost with rounds of 10 s, after that: ${await measureCost(daemon)}`);
  });
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

const folder = await mkdtemp(join(tmpdir(), 'upm-bench-'));
const fleet = await startFleet(processes);
try {
  await main(folder, fleet);
} finally {
  await fleet.stop();
  await rm(folder, { recursive: true });
}
