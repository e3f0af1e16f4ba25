// SPDX-License-Identifier: MIT
/** Trees that tests put in place of /proc and /sys. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ExecutionContext } from 'ava';
import type { HostRoots, ReadFailure, Reading } from '../../src/proc/reading.js';

const fixtures = fileURLToPath(new URL('../../../test/fixtures/', import.meta.url));

/** Path of a file or folder in test/fixtures. */
export function fixturePath(name: string): string {
  return join(fixtures, name);
}

/** Roots that point at fixtures; without a name, at a folder that does not exist. */
export function fixtureRoots(names: { readonly proc?: string; readonly sys?: string }): HostRoots {
  return {
    proc: fixturePath(names.proc ?? 'nowhere'),
    sys: fixturePath(names.sys ?? 'nowhere'),
  };
}

/** A temporary /proc with the files given by relative path, removed after the test. */
export async function temporaryProc(
  t: ExecutionContext,
  files: Readonly<Record<string, string | Buffer>>,
): Promise<HostRoots> {
  const proc = await mkdtemp(join(tmpdir(), 'upm-proc-'));
  t.teardown(() => rm(proc, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files)) {
    const path = join(proc, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content);
  }
  return { proc, sys: join(proc, 'nowhere') };
}

/** The value of a reading that should have one. */
export function valueOf<T>(reading: Reading<T>): T {
  if (reading.kind === 'value') return reading.value;
  throw new Error(`${reading.path}: ${reading.kind}: ${reading.message}`);
}

/** The failure of a reading that should have failed. */
export function failureIn(reading: Reading<unknown>): ReadFailure {
  if (reading.kind !== 'value') return reading;
  throw new Error('expected a failure, not a value');
}
