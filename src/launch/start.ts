// SPDX-License-Identifier: MIT
/** Becomes a command: same pid, no process in between. */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { UpmError, isErrnoException, messageOf } from '../errors.js';
import { native } from '../native/addon.js';
import type { NativeBinding } from '../native/binding.js';

/** As a shell has it: the command could not be run, or was not found. */
const cannotRun = 126;
const notFound = 127;

export interface StartFailure {
  readonly exitStatus: number;
  readonly message: string;
}

/**
 * Replaces this process by the command. Returns only if that failed. Where the addon cannot be
 * loaded the command is run as a child instead, so that a function starts whatever our state is;
 * then this resolves when the child has ended, and ends this process the way the child ended.
 */
export async function startCommand(
  command: readonly [string, ...string[]],
  environment: Readonly<Record<string, string>>,
  warn: (message: string) => void,
): Promise<StartFailure> {
  let addon: NativeBinding;
  try {
    addon = native();
  } catch (error) {
    warn(`${messageOf(error)}; the command runs as a child process and is not advised`);
    return await runAsChild(command, environment);
  }
  const [file] = command;
  try {
    addon.exec(
      file,
      command,
      Object.entries(environment).map(([name, value]) => `${name}=${value}`),
    );
  } catch (error) {
    return failureOf(file, error);
  }
}

function failureOf(file: string, error: unknown): StartFailure {
  const code = isErrnoException(error) ? error.code : undefined;
  if (code === 'ENOENT') {
    return { exitStatus: notFound, message: `command not found: ${file}` };
  }
  return { exitStatus: cannotRun, message: `cannot run ${file}: ${messageOf(error)}` };
}

const forwarded: readonly NodeJS.Signals[] = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGUSR2'];

async function runAsChild(
  command: readonly [string, ...string[]],
  environment: Readonly<Record<string, string>>,
): Promise<StartFailure> {
  const [file, ...rest] = command;
  const child = spawn(file, rest, { env: environment, stdio: 'inherit' });
  for (const signal of forwarded) process.on(signal, () => child.kill(signal));
  return await new Promise((resolve) => {
    child.once('error', (error) => {
      resolve(failureOf(file, error));
    });
    child.once('exit', (status, signal) => {
      if (signal === null) process.exit(status ?? 0);
      // End by the same signal, so that a supervisor sees what it would have seen.
      for (const name of forwarded) process.removeAllListeners(name);
      process.kill(process.pid, signal);
      setTimeout(() => process.exit(128 + constants.signals[signal]), 1000);
    });
  });
}

/** @throws UpmError ERR_UPM_USAGE if there is no command. */
export function commandOf(words: readonly string[]): readonly [string, ...string[]] {
  const [file, ...rest] = words;
  if (file === undefined || file === '') {
    throw new UpmError(
      'ERR_UPM_USAGE',
      'no command given; usage: upm-advise run [options] -- COMMAND [ARGUMENTS…]',
    );
  }
  return [file, ...rest];
}
