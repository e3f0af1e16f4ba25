// SPDX-License-Identifier: MIT
/** The daemon as an operator would run it: its own process, configured by a file. */
import { spawn, type ChildProcess } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { endChild } from './child.js';

const daemonProgram = fileURLToPath(new URL('../src/daemon/bin.js', import.meta.url));
const tiedProgram = fileURLToPath(new URL('tied.js', import.meta.url));

const startTimeoutMilliseconds = 30_000;

/** What the demo shows of the driver; see GET /api/v1/host. */
export interface DriverView {
  readonly mode: string;
  readonly reason: string;
  readonly scansSinceKick: number;
  readonly ksmdCpuShare: number;
  readonly converged: number;
  readonly timedOut: number;
}

export interface Daemon {
  /** Such as http://127.0.0.1:40123. */
  readonly address: string;
  readonly configFile: string;
  readonly logFile: string;
  driver(): Promise<DriverView>;
  /** The text of /metrics. */
  metrics(): Promise<string>;
  stop(): Promise<void>;
}

export interface DaemonOptions {
  /** For its configuration and log. */
  readonly folder: string;
  /** Share of one core for ksmd. */
  readonly budget: number;
  readonly takeOver: boolean;
}

/** Starts upmd on a free port of loopback, and waits until it listens. */
export async function startDaemon(options: DaemonOptions, signal: AbortSignal): Promise<Daemon> {
  const configFile = join(options.folder, 'upmd.yaml');
  const logFile = join(options.folder, 'upmd.log');
  await writeFile(configFile, stringify(configuration(options)));
  const words = [tiedProgram, process.execPath, daemonProgram, '--config', configFile];
  const child = spawn(process.execPath, words, { stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdout.pipe(createWriteStream(logFile));
  let address: string;
  try {
    address = await readAddress(child, signal);
  } catch (error) {
    await endChild(child);
    throw error;
  }
  const get = async (path: string): Promise<Response> =>
    await fetch(`${address}${path}`, {
      signal: AbortSignal.any([signal, AbortSignal.timeout(10_000)]),
    });
  return {
    address,
    configFile,
    logFile,
    async driver() {
      const body = (await (await get('/api/v1/host')).json()) as { readonly driver?: DriverView };
      if (!body.driver) throw new Error(`upmd has no ksm driver; see ${logFile}`);
      return body.driver;
    },
    metrics: async () => await (await get('/metrics')).text(),
    stop: async () => {
      await endChild(child);
    },
  };
}

function configuration(options: DaemonOptions): unknown {
  return {
    listen: { address: '127.0.0.1:0' },
    sampler: { intervalSeconds: 2, cpuBudget: 0.1 },
    functions: {
      rules: [{ match: { command: 'demo/function/server\\.js' }, function: 'ocr' }],
    },
    ksm: { drive: options.takeOver ? 'always' : 'auto', cpuBudget: options.budget },
  };
}

/** upmd logs the address it listens at, with the port it was given. */
async function readAddress(child: ChildProcess, signal: AbortSignal): Promise<string> {
  if (!child.stdout) throw new Error('upmd has no output');
  const limit = AbortSignal.any([signal, AbortSignal.timeout(startTimeoutMilliseconds)]);
  const lines = createInterface({ input: child.stdout, signal: limit });
  try {
    for await (const line of lines) {
      const found = /http:\/\/127\.0\.0\.1:\d+/.exec(line);
      if (found) return found[0];
    }
  } finally {
    lines.close();
    // Closing the reader pauses the stream, which still feeds the log.
    child.stdout.resume();
  }
  throw new Error('upmd ended before it listened');
}
