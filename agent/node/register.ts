// SPDX-License-Identifier: MIT
/**
 * The Node hook: `node --import upm-advise/register`, or put into NODE_OPTIONS by `upm-advise run`.
 *
 * It offers the library to code that does not depend on it, as `globalThis[Symbol.for('upm')]`, and
 * where the process is not open to merging as a whole, it advises the settled regions itself.
 *
 * It must never be noticed: no error leaves this file, nothing keeps the process alive, and all it
 * may write is one line on standard error.
 */
import { isMainThread } from 'node:worker_threads';
import { hookVariables } from '../../src/launch/plan.js';
import type * as Library from '../../src/advise.js';
import { messageOf } from '../../src/errors.js';
import { policies, policyNames, type PolicyName } from '../../src/regions/policy.js';
import { adviseWhenSettled } from './settled.js';

/** Where programs find the library without importing it. */
const apiName = Symbol.for('upm');

function say(message: string): void {
  // Straight to the descriptor: console may be patched or piped by the function's framework.
  process.stderr.write(`upm-advise: ${message}\n`);
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

function install(): void {
  const { env } = process;
  if (env[hookVariables.disable] === '1' || !isFunctionProcess(env)) return;
  Object.defineProperty(globalThis, apiName, { value: Object.freeze(api), configurable: true });
  if (env[hookVariables.mode] === 'process') return;
  const policy = policies[policyOf(env)];
  adviseWhenSettled({
    advise: async () => await api.adviseRegions(policy),
    residentBytes: () => process.memoryUsage.rss(),
    say,
    verbose: env[hookVariables.verbose] === '1',
  });
}

try {
  install();
} catch (error) {
  say(`hook inactive, the function runs without it: ${messageOf(error)}`);
}
