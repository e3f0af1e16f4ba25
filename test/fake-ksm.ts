// SPDX-License-Identifier: MIT
/** A folder that looks like /sys/kernel/mm/ksm, for tests that must not touch the kernel's. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { HostRoots } from '../src/proc/reading.js';

const defaults: Readonly<Record<string, number>> = {
  run: 0,
  pages_to_scan: 100,
  sleep_millisecs: 20,
  full_scans: 0,
  pages_shared: 0,
  pages_sharing: 0,
  pages_unshared: 0,
  pages_volatile: 0,
};

export interface FakeKsm {
  readonly roots: HostRoots;
  /** A place for a driver's record. */
  readonly stateFile: string;
  get(name: string): number;
  set(name: string, value: number | string): void;
  readonly remove: () => void;
}

/** The process side stays real: a driver looks itself up in /proc. */
export function makeFakeKsm(values: Readonly<Record<string, number>> = {}): FakeKsm {
  const folder = mkdtempSync(join(tmpdir(), 'upm-fake-ksm-'));
  const ksm = join(folder, 'sys/kernel/mm/ksm');
  mkdirSync(ksm, { recursive: true });
  const fake: FakeKsm = {
    roots: { proc: '/proc', sys: join(folder, 'sys') },
    stateFile: join(folder, 'run/ksm-settings.json'),
    get: (name) => Number(readFileSync(join(ksm, name), 'utf8')),
    set: (name, value) => {
      writeFileSync(join(ksm, name), `${value}\n`);
    },
    remove: () => {
      rmSync(folder, { recursive: true, force: true });
    },
  };
  for (const [name, value] of Object.entries({ ...defaults, ...values })) fake.set(name, value);
  return fake;
}
