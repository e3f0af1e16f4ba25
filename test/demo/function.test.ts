// SPDX-License-Identifier: MIT
/** The function as a process: pictures in, text out, and no process left behind. */
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import { makeImages } from '../../demo/images.js';

const server = fileURLToPath(new URL('../../demo/function/server.js', import.meta.url));

interface RunningFunction {
  readonly url: string;
  readonly child: ChildProcessWithoutNullStreams;
  /** Exit status; null if a signal ended it. */
  readonly ended: Promise<number | null>;
}

/** Starts a function and waits until it is ready; it is killed when the test is over. */
async function startFunction(t: ExecutionContext): Promise<RunningFunction> {
  const child = spawn(process.execPath, [server], { stdio: 'pipe' });
  child.stderr.pipe(process.stderr);
  t.teardown(() => child.kill('SIGKILL'));
  const ended = once(child, 'exit').then(([status]: (number | null)[]) => status ?? null);
  for await (const line of createInterface({ input: child.stdout })) {
    const ready: unknown = JSON.parse(line);
    if (typeof ready !== 'object' || ready === null) break;
    if (!('port' in ready) || !('pid' in ready)) break;
    t.is(ready.pid, child.pid);
    return { url: `http://127.0.0.1:${String(ready.port)}/`, child, ended };
  }
  throw new Error('the function did not say its port');
}

async function post(url: string, body: Uint8Array<ArrayBuffer>): Promise<[number, unknown]> {
  const response = await fetch(url, { method: 'POST', body });
  return [response.status, await response.json()];
}

async function temporaryFolder(t: ExecutionContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'demo-function-'));
  t.teardown(() => rm(folder, { recursive: true }));
  return folder;
}

test('the text of every picture is read exactly', async (t) => {
  const images = await makeImages(await temporaryFolder(t));
  const { url, child, ended } = await startFunction(t);
  t.true(images.length > 0);
  for (const { file, lines } of images) {
    t.deepEqual(await post(url, await readFile(file)), [200, { lines }], file);
  }
  child.kill('SIGTERM');
  t.is(await ended, 0);
});

test('requests that come together are each answered with their own text', async (t) => {
  const images = await makeImages(await temporaryFolder(t));
  const { url } = await startFunction(t);
  const answers = await Promise.all(
    images.map(async ({ file }) => post(url, await readFile(file))),
  );
  t.deepEqual(
    answers,
    images.map(({ lines }) => [200, { lines }]),
  );
});

test('wrong requests are refused and the next one is served', async (t) => {
  const { url, child, ended } = await startFunction(t);
  t.deepEqual(await post(url, Buffer.from('no picture')), [
    400,
    { error: 'the body is not an image in a known format' },
  ]);
  t.is((await post(url, new Uint8Array(8 * 1024 * 1024 + 1)))[0], 413);
  t.is((await post(`${url}other`, Buffer.from('x')))[0], 404);
  t.is((await fetch(url)).status, 404);
  const health = await fetch(`${url}healthz`);
  t.is(health.status, 200);
  t.deepEqual(await health.json(), { ok: true });
  child.stdin.end();
  t.is(await ended, 0);
});
