// SPDX-License-Identifier: MIT
/** upmd as a process of its own, as an operator runs it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('../src/daemon/bin.js', import.meta.url));

export interface BenchDaemon {
  readonly address: string;
  /** The text of /metrics. */
  scrape(): Promise<string>;
  stop(): Promise<void>;
}

/** Starts a daemon on a free port and waits for its first sample. @param flags of upmd. */
export async function startDaemon(flags: readonly string[]): Promise<BenchDaemon> {
  const child = spawn(process.execPath, [program, '--listen', '127.0.0.1:0', ...flags], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const stop = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    await exited;
  };
  try {
    const address = await addressIn(child.stdout);
    child.stdout.resume();
    const get = async (path: string): Promise<Response> => await fetch(`${address}${path}`);
    for (;;) {
      const ready = await get('/readyz');
      await ready.arrayBuffer();
      if (ready.ok) break;
      await sleep(100);
    }
    return { address, scrape: async () => await (await get('/metrics')).text(), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Reads the log until it says where the daemon listens. */
async function addressIn(output: NodeJS.ReadableStream): Promise<string> {
  for await (const line of createInterface({ input: output })) {
    const match = /listening on (http:\/\/[^"\s]+)/u.exec(line);
    if (match?.[1] !== undefined) return match[1];
  }
  throw new Error('upmd ended before it listened');
}

/** The value of a metric without labels in a scrape. */
export function metricValue(text: string, name: string): number {
  const match = new RegExp(`^${name} (\\S+)$`, 'mu').exec(text);
  if (match?.[1] === undefined) throw new Error(`the scrape has no ${name}`);
  return Number(match[1]);
}
