// SPDX-License-Identifier: MIT
/** Decides, without side effects, what a launched command is given. */
import type { PolicyName } from '../regions/policy.js';
import { allocatorEnvironment, type AllocatorMode } from './allocator.js';
import { nodeOptionsWithHook } from './node-hook.js';

/** How the command's memory is opened to merging. */
export const launchModes = ['auto', 'process', 'regions'] as const;
/**
 * - `process`: all of it, by prctl, inherited over exec;
 * - `regions`: those that the hook inside the runtime selects;
 * - `auto`: the first where the kernel allows it, else the second.
 */
export type LaunchMode = (typeof launchModes)[number];

export interface LaunchOptions {
  readonly mode: LaunchMode;
  readonly policy: PolicyName;
  readonly allocator: AllocatorMode;
  /** Install the hook in Node runtimes. */
  readonly hook: boolean;
}

/** What the hook reads; set by the launcher, inherited by the runtime. */
export const hookVariables = {
  /** `process`: all memory is open already. `regions`: the hook selects. */
  mode: 'UPM_MODE',
  policy: 'UPM_POLICY',
  /** Pid of the process the command became: only that one is the function, not its helpers. */
  mainPid: 'UPM_MAIN_PID',
  /** Names of the allocator's variables to undo once the function has settled, with commas. */
  pinned: 'UPM_PINNED',
  /** `1` switches everything off. */
  disable: 'UPM_DISABLE',
  /** `1` makes the hook say what it did; failures are always said. */
  verbose: 'UPM_VERBOSE',
} as const;

/**
 * The environment of the command.
 * @param optedIn the whole process is open to merging.
 * @param pid of the launcher, which the command inherits.
 * @param registerUrl file: URL of the Node register module.
 */
export function launchEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
  options: LaunchOptions,
  optedIn: boolean,
  pid: number,
  registerUrl: string,
): Readonly<Record<string, string>> {
  const result: Record<string, string> = {};
  for (const [name, value] of Object.entries(environment)) {
    if (value !== undefined) result[name] = value;
  }
  const pinned = options.allocator === 'keep' ? {} : allocatorEnvironment(environment);
  Object.assign(result, pinned);
  if (options.hook) {
    result.NODE_OPTIONS = nodeOptionsWithHook(environment.NODE_OPTIONS, registerUrl);
    result[hookVariables.mode] = optedIn ? 'process' : 'regions';
    result[hookVariables.policy] = options.policy;
    result[hookVariables.mainPid] = String(pid);
    if (options.allocator === 'load') result[hookVariables.pinned] = Object.keys(pinned).join(',');
  }
  return result;
}
