// SPDX-License-Identifier: MIT
/**
 * The Node hook: `node --import upm-advise/register`, or put into NODE_OPTIONS by `upm-advise run`.
 *
 * It offers the library to code that does not depend on it, as `globalThis[Symbol.for('upm')]`. Once
 * the process has settled it advises its regions, unless all memory is open to merging already, and
 * releases the allocator that was pinned for loading.
 *
 * It must never be noticed: no error leaves this file, nothing keeps the process alive, and all it
 * may write is one line on standard error.
 */
import { writeSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';
import { releasedThresholds } from '../../src/launch/allocator.js';
import { hookVariables } from '../../src/launch/plan.js';
import type * as Library from '../../src/advise.js';
import { messageOf } from '../../src/errors.js';
import { policyNames, type PolicyName } from '../../src/regions/policy.js';
import { watchSettled } from './settled.js';

/** Where programs find the library without importing it. */
const apiName = Symbol.for('upm');

function say(message: string): void {
  // Straight to the descriptor: console and process.stderr may be patched by the function's framework.
  try {
    writeSync(2, `upm-advise: ${message}\n`);
  } catch {
    // A full disk or a reader that went away: the line is lost, the function goes on.
  }
}

/** A child of the function (a shell, a tool) inherits the environment but is not the function. */
function isFunctionProcess(environment: NodeJS.ProcessEnv): boolean {
  const mainPid = environment[hookVariables.mainPid];
  return isMainThread && (mainPid === undefined || mainPid === String(process.pid));
}

function policyOf(environment: NodeJS.ProcessEnv): PolicyName {
  const wanted = environment[hookVariables.policy];
  const policy = policyNames.find((name) => name === wanted);
  if (wanted !== undefined && policy === undefined) {
    say(`${hookVariables.policy}=${wanted} is no policy; using weights`);
  }
  return policy ?? 'weights';
}

/** Loaded on first use: most of what a start-up of the function would pay for is in there. */
async function library(): Promise<typeof Library> {
  return await import('../../src/advise.js');
}

const api: Pick<typeof Library, 'advise' | 'unadvise' | 'adviseRegions'> = {
  advise: async (target) => await (await library()).advise(target),
  unadvise: async (target) => await (await library()).unadvise(target),
  adviseRegions: async (policy) => await (await library()).adviseRegions(policy),
};

/**
 * Gives the allocator back its usual thresholds, if the launcher pinned them for loading only, and the
 * kernel what loading left free: garbage cannot be merged.
 */
async function releaseAllocator(environment: NodeJS.ProcessEnv): Promise<void> {
  const pinned = environment[hookVariables.pinned]?.split(',') ?? [];
  const thresholds = releasedThresholds(environment, pinned);
  if (!thresholds) return;
  const { native } = await import('../../src/native/addon.js');
  const { mmapBytes, trimBytes, topPadBytes } = thresholds;
  native().setMallocThresholds(mmapBytes, trimBytes, topPadBytes);
  await native().trimMalloc();
}

/** Advises the regions at hand. @returns false if the kernel takes none. */
async function adviseRegions(policy: PolicyName, verbose: boolean): Promise<boolean> {
  const result = await api.adviseRegions(policy);
  const refusal = result.refused[0];
  if (refusal && result.advisedBytes === 0) {
    say(`memory not advised, the function runs without: ${refusal.message}`);
    return false;
  }
  if (verbose) say(`advised ${result.advisedBytes} bytes through ${result.backend}`);
  return true;
}

function install(): void {
  const { env } = process;
  if (env[hookVariables.disable] === '1' || !isFunctionProcess(env)) return;
  Object.defineProperty(globalThis, apiName, { value: Object.freeze(api), configurable: true });
  const wholeProcess = env[hookVariables.mode] === 'process';
  const verbose = env[hookVariables.verbose] === '1';
  const policy = policyOf(env);
  // All memory is open already and the allocator is not ours to release: nothing to wait for.
  if (wholeProcess && !env[hookVariables.pinned]) return;
  watchSettled({
    async onSettled(first) {
      if (first) await releaseAllocator(env);
      if (wholeProcess) return 'stop';
      return (await adviseRegions(policy, verbose)) ? 'go on' : 'stop';
    },
    residentBytes: () => process.memoryUsage.rss(),
    say,
  });
}

try {
  install();
} catch (error) {
  say(`hook inactive, the function runs without it: ${messageOf(error)}`);
}
