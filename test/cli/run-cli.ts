// SPDX-License-Identifier: MIT
/** Runs the real upm-advise to its end. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const cliProgram = fileURLToPath(new URL('../../src/cli/bin.js', import.meta.url));

export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export function runCli(
  words: readonly string[],
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Ended {
  return spawnSync(process.execPath, [cliProgram, ...words], {
    encoding: 'utf8',
    env: environment,
    timeout: 60_000,
  });
}
