// SPDX-License-Identifier: MIT
/**
 * Uses the addon from several worker threads at once and ends them while calls are pending. Prints
 * `done` if nothing went wrong; a crash ends the process.
 */
import { once } from 'node:events';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { fileURLToPath } from 'node:url';
import { native } from '../../../src/native/addon.js';
import { pagedMemory, pageSize } from '../support.js';

const rounds = 6;
const threads = 4;
const pages = 512;

async function work(round: number): Promise<void> {
  const addon = native();
  const { address, bytes } = pagedMemory(pages);
  bytes.fill(1);
  const key = new Uint8Array(32);
  const first = await addon.hashPages(0, address, pageSize, key);
  const shared = addon.locate(new SharedArrayBuffer(8));
  // More calls than the thread pool takes at once: some run, some wait, some fail.
  for (let i = 0; i < 16; i++) {
    void addon.hashPages(0, address, bytes.length, key);
    void addon.readPagemap(0, address, pages);
    void addon.madviseRanges(new BigUint64Array([address, 1n]), addon.advice.MADV_NOHUGEPAGE);
    addon.hashPages(2 ** 31 - 1, address, pageSize, key).catch(() => undefined);
  }
  parentPort?.postMessage(first.states[0] === addon.pageStates.hashed && shared.length === 8);
  // Half of the threads end by themselves, with everything pending, the others are terminated.
  if (round % 2 === 0) process.exit(0);
}

async function supervise(): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    const workers = Array.from(
      { length: threads },
      () => new Worker(fileURLToPath(import.meta.url), { workerData: round }),
    );
    const answers = await Promise.all(
      workers.map(async (worker) => {
        const exit = once(worker, 'exit');
        const [correct] = (await once(worker, 'message')) as [boolean];
        await worker.terminate();
        await exit;
        return correct;
      }),
    );
    if (!answers.every(Boolean)) throw new Error('a worker got a wrong answer');
  }
  console.log('done');
}

if (isMainThread) {
  // In half of the runs the main thread has the addon as well, so that it stays loaded.
  if (process.argv[2] === 'with-main') native();
  await supervise();
} else {
  await work(workerData as number);
}
