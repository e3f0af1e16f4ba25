// SPDX-License-Identifier: MIT
/**
 * The function: an HTTP server that reads text in pictures, one picture at a time.
 *
 *   POST /         a picture  ->  {"lines": ["...", ...]}
 *   GET  /healthz             ->  {"ok": true}
 *
 * It listens on a free port of the loopback interface and, once it is ready, prints one line
 * {"port": N, "pid": N} to standard output. It ends on SIGTERM, on SIGINT, and when standard input
 * closes, that is, when the program that started it is gone.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { BadImageError } from './image.js';
import { openOcr, type Ocr } from './ocr.js';

/** Largest picture file taken, in bytes. */
const bodyLimit = 8 * 1024 * 1024;

/** What is sent back. */
interface Reply {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/**
 * The whole body, or `undefined` if it is larger than allowed. The rest of such a body is read and
 * dropped: a sender that is cut off would not see the answer.
 */
async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > bodyLimit) chunks.length = 0;
    else chunks.push(chunk);
  }
  return size > bodyLimit ? undefined : Buffer.concat(chunks);
}

async function answer(read: Ocr['read'], request: IncomingMessage): Promise<Reply> {
  const target = `${request.method ?? ''} ${request.url ?? ''}`;
  if (target === 'GET /healthz') return { status: 200, body: { ok: true } };
  if (target !== 'POST /') return { status: 404, body: { error: 'use POST / or GET /healthz' } };
  const image = await readBody(request);
  if (image === undefined) {
    return { status: 413, body: { error: `pictures of up to ${bodyLimit} bytes are read` } };
  }
  try {
    return { status: 200, body: { lines: await read(image) } };
  } catch (error) {
    if (error instanceof BadImageError) return { status: 400, body: { error: error.message } };
    throw error;
  }
}

function send(response: ServerResponse, reply: Reply): void {
  response.writeHead(reply.status, { 'content-type': 'application/json' });
  response.end(`${JSON.stringify(reply.body)}\n`);
}

/** Lets one task run at a time, in the order in which they come. */
function oneAtATime(): <T>(task: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (task) => {
    const next = last.then(task);
    // The next task starts whether this one succeeds or not; its own caller gets the error.
    last = next.catch(() => undefined);
    return next;
  };
}

async function main(): Promise<void> {
  const ocr = await openOcr();
  const inTurn = oneAtATime();
  // Memory for one picture is enough, and there is one processor.
  const read: Ocr['read'] = (image) => inTurn(() => ocr.read(image));
  const server = createServer((request, response) => {
    answer(read, request).then(
      (done) => {
        send(response, done);
      },
      (error: unknown) => {
        console.error(error);
        send(response, { status: 500, body: { error: 'the picture could not be read' } });
      },
    );
  });

  let closing = false;
  const close = (): void => {
    if (closing) return;
    closing = true;
    // Requests under way are finished; then nothing is left to keep the process alive.
    process.stdin.destroy();
    server.close(() => {
      ocr.close().catch(console.error);
    });
    server.closeIdleConnections();
  };
  process.once('SIGTERM', close).once('SIGINT', close);
  process.stdin.once('end', close).once('error', close).resume();

  server.listen(0, '127.0.0.1', () => {
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port to listen on');
    console.log(JSON.stringify({ port: address.port, pid: process.pid }));
  });
}

await main();
