// SPDX-License-Identifier: MIT
/** Twins: processes that hold the same bytes, and what the kernel has behind their pages. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { ExecutionContext } from 'ava';
import { native } from '../../src/native/addon.js';
import { readSmapsRollup } from '../../src/proc/smaps-rollup.js';
import { frameOf, isPresent } from '../../src/proc/pagemap.js';
import { hostRoots } from '../../src/proc/reading.js';

const twinProgram = fileURLToPath(new URL('programs/twin.js', import.meta.url));
const adviseProgram = fileURLToPath(new URL('../../src/cli/bin.js', import.meta.url));

export interface Twin {
  readonly pid: number;
  /** First whole page of its memory. */
  readonly address: bigint;
  /** Whole pages. */
  readonly pages: number;
  readonly advisedBytes: number;
  /** Sends a command of programs/twin.ts, and returns the answer. */
  ask(command: string): Promise<string>;
  stop(): Promise<void>;
}

export interface TwinOptions {
  readonly mebibytes: number;
  readonly seed: string;
  /** `advise`: by the library. `launch`: by upm-advise run. `hold`: not at all. */
  readonly how: 'advise' | 'launch' | 'hold';
}

export async function startTwin(t: ExecutionContext, options: TwinOptions): Promise<Twin> {
  const words = [
    ...(options.how === 'launch' ? [adviseProgram, 'run', '--', process.execPath] : []),
    twinProgram,
    String(options.mebibytes),
    options.seed,
    options.how === 'advise' ? 'advise' : 'hold',
  ];
  const child = spawn(process.execPath, words, { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
  };
  t.teardown(stop);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const nextLine = async (): Promise<string> => {
    const next = await lines.next();
    if (next.done === true) throw new Error('the twin ended early');
    return next.value;
  };
  const ready = JSON.parse(await nextLine()) as {
    readonly address: string;
    readonly length: number;
    readonly advisedBytes: number;
  };
  const pageSize = BigInt(native().pageSize);
  const start = ((BigInt(ready.address) + pageSize - 1n) / pageSize) * pageSize;
  const end = ((BigInt(ready.address) + BigInt(ready.length)) / pageSize) * pageSize;
  return {
    pid: child.pid ?? 0,
    address: start,
    pages: Number((end - start) / pageSize),
    advisedBytes: ready.advisedBytes,
    stop,
    async ask(command) {
      child.stdin.write(`${command}\n`);
      return await nextLine();
    },
  };
}

/** Page frame of each page; 0 where the page is not present. */
export async function framesOf(twin: Twin): Promise<readonly bigint[]> {
  const entries = await native().readPagemap(twin.pid, twin.address, twin.pages);
  return Array.from(entries, (entry) => (isPresent(entry) ? frameOf(entry) : 0n));
}

/** How many pages of two twins, at the same place in their memory, lie on the same frame. */
export async function countShared(a: Twin, b: Twin): Promise<number> {
  const left = await framesOf(a);
  const right = await framesOf(b);
  return left.filter((frame, page) => frame !== 0n && frame === right[page]).length;
}

/** Bytes, after the kernel was asked once. */
export async function pssOf(twin: Twin): Promise<number> {
  const usage = await readSmapsRollup(hostRoots, twin.pid);
  if (usage.kind !== 'value') throw new Error(`${usage.path}: ${usage.message}`);
  return usage.value.pssBytes;
}
