// SPDX-License-Identifier: MIT
/** A fleet of function processes: started, asked, and ended by us, by pid. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { AllocatorMode } from '../src/launch/allocator.js';
import { endChild } from './child.js';
import type { TestImage } from './images.js';

/** The function's program: it knows nothing of us. */
const functionProgram = fileURLToPath(new URL('function/server.js', import.meta.url));
const adviseProgram = fileURLToPath(new URL('../src/cli/bin.js', import.meta.url));

const startTimeoutMilliseconds = 120_000;
const requestTimeoutMilliseconds = 60_000;

export interface FunctionProcess {
  readonly pid: number;
  readonly port: number;
  readonly child: ChildProcess;
}

function functionCommand({ advised }: FleetOptions): readonly [string, ...string[]] {
  const plain = [process.execPath, functionProgram] as const;
  if (!advised) return plain;
  const run = ['run', '--allocator', advised.allocator, '--'];
  return [process.execPath, adviseProgram, ...run, ...plain];
}

/** What came back from the functions. */
export interface Texts {
  readonly read: number;
  readonly right: number;
  /** Time of each request. */
  readonly milliseconds: readonly number[];
}

export interface FleetOptions {
  readonly count: number;
  /** How to start it by upm-advise run; without it, it is started as it is. */
  readonly advised?: { readonly allocator: AllocatorMode };
  /** Further environment variables. */
  readonly environment?: Readonly<Record<string, string>>;
}

export interface Fleet {
  readonly functions: readonly FunctionProcess[];
  /** Has each function read its own images, one request at a time. */
  readImages(imagesOf: readonly (readonly TestImage[])[]): Promise<Texts>;
  /** Ends all functions and waits for them. */
  stop(): Promise<void>;
}

/**
 * Starts functions, one after the other as a platform under load would, and waits until each has
 * loaded its models.
 */
export async function startFleet(
  options: FleetOptions,
  signal: AbortSignal,
  onReady: (ready: number) => void = () => undefined,
): Promise<Fleet> {
  const functions: FunctionProcess[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(functions.map(({ child }) => endChild(child)));
  };
  try {
    for (let index = 0; index < options.count; index += 1) {
      signal.throwIfAborted();
      functions.push(await startFunction(options, signal));
      onReady(functions.length);
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    functions,
    stop,
    async readImages(imagesOf) {
      let right = 0;
      const milliseconds: number[] = [];
      for (const [index, { port }] of functions.entries()) {
        for (const image of imagesOf[index] ?? []) {
          const startedAt = performance.now();
          const lines = await readImage(port, image.file, signal);
          milliseconds.push(performance.now() - startedAt);
          if (JSON.stringify(lines) === JSON.stringify(image.lines)) right += 1;
        }
      }
      return { read: milliseconds.length, right, milliseconds };
    },
  };
}

async function startFunction(options: FleetOptions, signal: AbortSignal): Promise<FunctionProcess> {
  const [file, ...words] = functionCommand(options);
  // The pipe on its standard input is the function's tie to us: it ends when we do, however we end.
  const child = spawn(file, words, {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, ...options.environment },
  });
  try {
    const port = await readPort(child, signal);
    if (child.pid === undefined) throw new Error('the function has no pid');
    return { pid: child.pid, port, child };
  } catch (error) {
    await endChild(child);
    throw error;
  }
}

async function readPort(child: ChildProcess, signal: AbortSignal): Promise<number> {
  if (!child.stdout) throw new Error('the function has no output');
  const limit = AbortSignal.any([signal, AbortSignal.timeout(startTimeoutMilliseconds)]);
  const lines = createInterface({ input: child.stdout });
  const ended = once(child, 'exit', { signal: limit }).then(([status]) => {
    throw new Error(`the function ended with status ${String(status)} before it was ready`);
  });
  const [line] = (await Promise.race([once(lines, 'line', { signal: limit }), ended])) as [string];
  ended.catch(() => undefined);
  const ready = JSON.parse(line) as { readonly port: number };
  return ready.port;
}

async function readImage(port: number, file: string, signal: AbortSignal): Promise<unknown> {
  const response = await fetch(`http://127.0.0.1:${port}/`, {
    method: 'POST',
    body: await readFile(file),
    signal: AbortSignal.any([signal, AbortSignal.timeout(requestTimeoutMilliseconds)]),
  });
  const body = (await response.json()) as { readonly lines?: unknown; readonly error?: string };
  if (!response.ok) throw new Error(`a function answered ${response.status}: ${body.error ?? ''}`);
  return body.lines;
}
