// SPDX-License-Identifier: MIT
/** The two runs, the daemon between them, and what is measured when. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { MergeHost } from '../src/backends/backend.js';
import { createKsmdCpu } from '../src/backends/ksm/ksmd-cpu.js';
import { hostRoots } from '../src/proc/reading.js';
import { awaitConvergence } from './converge.js';
import { startDaemon, type Daemon } from './daemon.js';
import type { Display } from './display.js';
import { startFleet, type Fleet, type Texts } from './fleet.js';
import type { TestImage } from './images.js';
import { countFrames, measureFleet, type FleetMemory } from './measure.js';
import type { DemoOptions } from './options.js';
import { median, printResult, totals, type DemoResult } from './result.js';

/** What is undone at the end, last first, however the end comes. */
export type Cleanup = (() => Promise<void>)[];

export interface Stage {
  readonly options: DemoOptions;
  readonly signal: AbortSignal;
  readonly display: Display;
  readonly host: MergeHost;
  /** Pictures of each function. */
  readonly images: readonly (readonly TestImage[])[];
  /** Bytes. */
  readonly pageSize: number;
  readonly folder: string;
  readonly cleanup: Cleanup;
}

/** What the demo found, and what still runs. */
export interface Played {
  readonly result: DemoResult;
  readonly pids: readonly number[];
  readonly configFile: string;
}

interface Run {
  /** Loaded, before the first request. */
  readonly memory: FleetMemory;
  readonly texts: Texts;
  /** After the requests. */
  readonly after: FleetMemory;
}

async function withoutAdvice(stage: Stage): Promise<Run> {
  const fleet = await start(stage, false);
  const memory = await measureFleet(stage.host, pidsOf(fleet));
  const texts = await fleet.readImages(stage.images);
  const after = await measureFleet(stage.host, pidsOf(fleet));
  await fleet.stop();
  return { memory, texts, after };
}

/** As long as the hook takes to see that a function has settled, and a little more. */
const settleMilliseconds = 6000;

/** Starts the functions and lets them settle, as they would before traffic comes. */
async function start(stage: Stage, advised: boolean): Promise<Fleet> {
  const { options, signal, display, cleanup } = stage;
  const how = advised ? 'advised, by upm-advise run' : 'as they are';
  const fleet = await startFleet(
    { count: options.functions, ...(advised ? { advised: options } : {}) },
    signal,
    (ready) => {
      display.progress(`functions ${how}: ${ready} of ${options.functions} ready`);
    },
  );
  cleanup.push(() => fleet.stop());
  await sleep(settleMilliseconds, undefined, { signal });
  display.done(`${options.functions} functions ${how}, models loaded`);
  return fleet;
}

function pidsOf(fleet: Fleet): readonly number[] {
  return fleet.functions.map((each) => each.pid);
}

/** Plays the demo; whatever it starts is in `stage.cleanup`. */
export async function runScenario(stage: Stage): Promise<Played> {
  const { options, signal, display, host, images, cleanup } = stage;
  const baseline = await withoutAdvice(stage);

  const fleet = await start(stage, true);
  const pids = pidsOf(fleet);
  const unmerged = await measureFleet(host, pids);
  const framesBefore = await countFrames(pids, stage.pageSize);

  const ksmd = createKsmdCpu(hostRoots);
  const cpuBefore = (await ksmd.seconds()) ?? 0;
  const daemon = await startDaemon(
    { folder: stage.folder, budget: options.budget, takeOver: options.takeOver },
    signal,
  );
  cleanup.push(() => daemon.stop());
  display.done(`upmd at ${daemon.address}/metrics`);
  const mergedBytes = async (): Promise<number> => (await measureFleet(host, pids)).mergedBytes;
  const convergence = await awaitConvergence(daemon, mergedBytes, signal, (progress) => {
    display.merging(progress);
  });
  const ksmdCpuSeconds = ((await ksmd.seconds()) ?? cpuBefore) - cpuBefore;
  display.done(`merged: ${convergence.how}`);

  const merged = await measureFleet(host, pids);
  const frames = await countFrames(pids, stage.pageSize);
  const metrics = await functionMetrics(daemon, merged.mergedBytes);
  const after = await fleet.readImages(images);
  const later = await measureFleet(host, pids);
  const rounds = [baseline.texts, after];
  const textsRead = rounds.reduce((sum, round) => sum + round.read, 0);
  const textsRight = rounds.reduce((sum, round) => sum + round.right, 0);
  const result: DemoResult = {
    backend: host.name,
    functions: options.functions,
    baseline: totals(baseline.memory),
    unmerged: totals(unmerged),
    advised: totals(merged),
    afterRequests: { baseline: totals(baseline.after), advised: totals(later) },
    mergedBytes: merged.mergedBytes,
    savedBytes: baseline.memory.pssBytes - merged.pssBytes,
    savedByMergingBytes: (frames?.savedBytes ?? 0) - (framesBefore?.savedBytes ?? 0),
    stillMergeableBytes: frames?.stillBytes ?? 0,
    convergeSeconds: convergence.seconds,
    ksmdCpuSeconds,
    requestMilliseconds: {
      baseline: median(baseline.texts.milliseconds),
      advised: median(after.milliseconds),
    },
    ocrCorrect: textsRead === textsRight,
    textsRead,
    textsRight,
  };
  display.text(`\n${printResult(result, { baseline: baseline.memory, unmerged, merged })}`);
  display.text(`\nWhat Prometheus sees of it (${daemon.address}/metrics):`);
  display.text(metrics);
  return { result, pids, configFile: daemon.configFile };
}

/** The function's lines of /metrics, once the sampler has seen all instances merged. */
async function functionMetrics(daemon: Daemon, mergedBytes: number): Promise<string> {
  let lines: readonly string[] = [];
  for (let attempt = 0; attempt < 15; attempt += 1) {
    lines = (await daemon.metrics()).split('\n').filter((line) => line.startsWith('upm_function_'));
    const merged = lines.find((line) => line.startsWith('upm_function_merged_bytes'));
    if (merged && Number(merged.split(' ').at(-1)) > mergedBytes * 0.95) break;
    await sleep(1000);
  }
  return lines.map((line) => `  ${line}`).join('\n');
}

/** Keeps everything running until the demo is interrupted. */
export async function keepRunning(
  { display, signal }: Stage,
  { pids, configFile }: Played,
): Promise<void> {
  display.text(
    `\nLeft running for you to look at; Ctrl-C ends everything.\n` +
      `  functions: ${pids.join(' ')}\n` +
      `  upmd's configuration: ${configFile}\n` +
      `  try: node dist/src/cli/bin.js report ${pids.join(' ')}`,
  );
  // Rejects when interrupted, which is the way to end it.
  await sleep(2 ** 31 - 1, undefined, { signal }).catch(() => undefined);
}
