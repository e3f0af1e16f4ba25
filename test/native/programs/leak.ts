// SPDX-License-Identifier: MIT
/**
 * Repeats one kind of call (argv[2]) in several rounds and prints by how many bytes the resident
 * memory grew at least from one round to the next: the heap of Node grows now and then, a leak
 * always. Run with --expose-gc.
 */
import { native } from '../../../src/native/addon.js';
import { pagedMemory, pageSize } from '../support.js';

const addon = native();
const { MADV_NOHUGEPAGE } = addon.advice;
const { address, bytes } = pagedMemory(16);
bytes.fill(1);
const key = new Uint8Array(32);
const ranges = new BigUint64Array([address, BigInt(pageSize), 0n, 1n]);
const buffer = new ArrayBuffer(8);
const shared = new SharedArrayBuffer(8);

function failing(call: () => unknown): void {
  try {
    call();
  } catch {
    return;
  }
  throw new Error('the call was to fail');
}

interface Load {
  readonly calls: number;
  readonly call: () => unknown;
}

const loads: Readonly<Record<string, Load>> = {
  madvise: {
    calls: 100_000,
    call: () => {
      addon.madvise(address, pageSize, MADV_NOHUGEPAGE);
    },
  },
  'madvise, refused': {
    calls: 50_000,
    call: () => {
      failing(() => {
        addon.madvise(1n, pageSize, MADV_NOHUGEPAGE);
      });
    },
  },
  madviseRanges: { calls: 10_000, call: () => addon.madviseRanges(ranges, MADV_NOHUGEPAGE) },
  hashPages: { calls: 10_000, call: () => addon.hashPages(0, address, bytes.length, key) },
  'hashPages, refused': {
    calls: 10_000,
    call: () => addon.hashPages(2 ** 31 - 1, address, pageSize, key).catch(() => undefined),
  },
  readPagemap: { calls: 10_000, call: () => addon.readPagemap(0, address, 16) },
  locate: {
    calls: 100_000,
    call: () => {
      addon.locate(buffer);
      addon.locate(shared);
    },
  },
  'exec, refused': {
    calls: 10_000,
    call: () => {
      failing(() => addon.exec('upm-none', ['x', 'y'], ['PATH=/nonexistent']));
    },
  },
};

export const loadNames: readonly string[] = Object.keys(loads);

async function repeat({ calls, call }: Load): Promise<void> {
  for (let i = 0; i < calls; i++) await call();
  // Buffers are freed by a task after the collection.
  for (let i = 0; i < 3; i++) {
    globalThis.gc?.();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function measure(load: Load): Promise<void> {
  if (!globalThis.gc) throw new Error('run with --expose-gc');
  const resident: number[] = [];
  for (let round = 0; round < 5; round++) {
    await repeat(load);
    resident.push(process.memoryUsage.rss());
  }
  const growth = resident.slice(1).map((bytes, round) => bytes - (resident[round] ?? 0));
  console.log(Math.min(...growth));
}

const selected = loads[process.argv[2] ?? ''];
if (selected) await measure(selected);
