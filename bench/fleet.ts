// SPDX-License-Identifier: MIT
/** Real processes to sample: many small ones, and some with memory in them. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/** First word of the command line of each, before the function's number. */
export const fleetName = 'upm-bench-function-';

/** Holds 32 MiB of its own. */
const holder =
  "globalThis.held = Buffer.alloc(32 << 20, 7); process.stdin.resume().on('end', process.exit)";
const functionCount = 20;
/** Every so many is one with memory: a Node.js process costs start-up time and some 70 MiB. */
const holderEvery = 10;

export interface Fleet {
  readonly size: number;
  /** Ends all of them, and waits until they are gone. */
  stop(): Promise<void>;
}

/** Starts `size` processes in groups, told apart by argv[0]. Resolves when all have started. */
export async function startFleet(size: number): Promise<Fleet> {
  const children: ChildProcess[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(children.map(end));
  };
  try {
    for (let index = 0; index < size; index += 1) {
      const child = startMember(index);
      children.push(child);
      await once(child, 'spawn');
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return { size, stop };
}

/** A pipe as standard input ends the holders even if this process is killed. */
function startMember(index: number): ChildProcess {
  const argv0 = `${fleetName}${index % functionCount}`;
  const stdio = ['pipe', 'ignore', 'inherit'] as const;
  return index % holderEvery === 0
    ? spawn(process.execPath, ['-e', holder], { argv0, stdio: [...stdio] })
    : spawn('sleep', ['600'], { argv0, stdio: [...stdio] });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}
