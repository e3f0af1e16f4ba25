// SPDX-License-Identifier: MIT
/** upmd as a process of its own, for tests. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { ExecutionContext } from 'ava';

const program = fileURLToPath(new URL('../../src/daemon/bin.js', import.meta.url));

export interface UpmdEnd {
  readonly status: number | null;
  /** Standard error. */
  readonly errors: string;
}

export interface UpmdProcess {
  readonly pid: number;
  /** Log lines so far. */
  readonly log: readonly string[];
  /** Such as `http://127.0.0.1:1234` or `unix:/PATH`. */
  readonly address: Promise<string>;
  readonly ended: Promise<UpmdEnd>;
  kill(signal: NodeJS.Signals): void;
}

/** Starts upmd; it is killed after the test if it still runs. */
export function startUpmdProcess(t: ExecutionContext, words: readonly string[]): UpmdProcess {
  const child = spawn(process.execPath, [program, ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
  const log: string[] = [];
  const exited = once(child, 'exit');
  t.teardown(async () => {
    child.kill('SIGKILL');
    await exited;
  });
  const errors = text(child.stderr);
  const address = new Promise<string>((resolve) => {
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      log.push(...chunk.split('\n').filter((line) => line !== ''));
      const match = /listening on ([^"\s]+)/u.exec(chunk);
      if (match?.[1] !== undefined) resolve(match[1].replace(/^\//u, 'unix:/'));
    });
  });
  return {
    pid: child.pid ?? 0,
    log,
    address,
    ended: Promise.all([exited, errors]).then(([, output]) => ({
      status: child.exitCode,
      errors: output,
    })),
    kill: (signal) => {
      child.kill(signal);
    },
  };
}

export interface Reply {
  readonly status: number;
  readonly body: string;
}

/** GET, over TCP or a unix socket. */
export async function get(address: string, path: string): Promise<Reply> {
  const options = address.startsWith('unix:')
    ? { socketPath: address.slice('unix:'.length), path }
    : { ...urlParts(address), path };
  return await new Promise((resolve, reject) => {
    request({ ...options, agent: false }, (response) => {
      text(response).then((body) => {
        resolve({ status: response.statusCode ?? 0, body });
      }, reject);
    })
      .on('error', reject)
      .end();
  });
}

/** Asks until the answer satisfies, at most 20 seconds. */
export async function getUntil(
  address: string,
  path: string,
  satisfies: (reply: Reply) => boolean,
): Promise<Reply> {
  const deadline = performance.now() + 20_000;
  for (;;) {
    const reply = await get(address, path);
    if (satisfies(reply)) return reply;
    if (performance.now() > deadline) throw new Error(`${path} never satisfied: ${reply.body}`);
    await sleep(100);
  }
}

/** A temporary folder, removed after the test. */
export async function temporaryFolder(t: ExecutionContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'upmd-test-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

export async function configFile(t: ExecutionContext, content: string): Promise<string> {
  const file = join(await temporaryFolder(t), 'upmd.yaml');
  await writeFile(file, content);
  return file;
}

function urlParts(address: string): { readonly host: string; readonly port: string } {
  const { hostname, port } = new URL(address);
  return { host: hostname, port };
}
