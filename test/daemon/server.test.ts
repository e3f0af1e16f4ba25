// SPDX-License-Identifier: MIT
import test from 'ava';
import type { FastifyBaseLogger, FastifyInstance } from 'fastify';
import { pino } from 'pino';
import type { Snapshot } from '../../src/accounting/snapshot.js';
import { createServer } from '../../src/daemon/server.js';
import { factsOf, sampleOf } from '../accounting/samples.js';
import { expositionOf, snapshotOf, totalsOf } from '../metrics/snapshots.js';

const quiet: FastifyBaseLogger = pino({ level: 'silent' });

async function serve(snapshot?: Snapshot): Promise<FastifyInstance> {
  const exposition = expositionOf();
  if (snapshot) exposition.update(snapshot);
  return await createServer(
    {
      version: '1.2.3',
      backend: 'ksm',
      exposition,
      snapshot: () => snapshot,
      driverStatus: () => undefined,
      samplerCpuSeconds: () => 0.5,
    },
    quiet,
  );
}

test('is healthy at once and ready after the first sample', async (t) => {
  const before = await serve();
  t.is((await before.inject('/healthz')).statusCode, 200);
  const notYet = await before.inject('/readyz');
  t.is(notYet.statusCode, 503);
  t.deepEqual(notYet.json(), { ready: false, reason: 'the first sample is not taken yet' });
  const after = await serve(snapshotOf());
  const ready = await after.inject('/readyz');
  t.is(ready.statusCode, 200);
  t.deepEqual(ready.json(), { ready: true });
});

test('serves metrics in the text format', async (t) => {
  const app = await serve(snapshotOf());
  const reply = await app.inject('/metrics');
  t.is(reply.headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8');
  t.regex(reply.body, /^upm_saved_bytes 12288$/mu);
});

test('lists functions with their instances', async (t) => {
  const identity = { namespace: 'default', function: 'a' };
  const snapshot = snapshotOf({
    functions: [totalsOf('a', { savedBytes: undefined })],
    processes: [
      {
        facts: factsOf({ pid: 7, startTimeTicks: 123n, comm: 'node' }),
        function: identity,
        sample: sampleOf({ rss: 30, pss: 20, unique: 10, advised: 8, merged: 4 }),
        sampledAt: 0,
        savedBytes: 3,
      },
      { facts: factsOf({ pid: 8 }), function: identity, unreadable: 'denied' },
    ],
  });
  const reply = await (await serve(snapshot)).inject('/api/v1/functions');
  t.deepEqual(reply.json(), {
    sampledAt: '1970-01-01T00:16:42.500Z',
    functions: [
      {
        namespace: 'default',
        function: 'a',
        instances: 2,
        sampledInstances: 2,
        residentBytes: 300,
        proportionalBytes: 200,
        uniqueBytes: 100,
        advisedBytes: 80,
        mergedBytes: 60,
        processes: [
          {
            pid: 7,
            startTimeTicks: '123',
            comm: 'node',
            sampledAt: '1970-01-01T00:00:00.000Z',
            residentBytes: 30,
            proportionalBytes: 20,
            uniqueBytes: 10,
            advisedBytes: 8,
            mergedBytes: 4,
            savedBytes: 3,
            optedIn: true,
          },
          { pid: 8, startTimeTicks: '1', comm: 'comm', unreadable: 'denied' },
        ],
      },
    ],
  });
});

test('before the first sample there are no functions', async (t) => {
  const reply = await (await serve()).inject('/api/v1/functions');
  t.deepEqual(reply.json(), { sampledAt: null, functions: [] });
});

test('tells about the host', async (t) => {
  const reply = await (await serve(snapshotOf())).inject('/api/v1/host');
  t.like(reply.json(), {
    version: '1.2.3',
    backend: 'ksm',
    counters: { savedBytes: 12_288 },
    sampler: { cpuSeconds: 0.5, durationSeconds: 2.5, deferred: 0, unreadable: { denied: 3 } },
  });
});

test('what is not there is 404, and a wrong method 405 with the right ones', async (t) => {
  const app = await serve();
  const missing = await app.inject('/nope');
  t.is(missing.statusCode, 404);
  t.deepEqual(missing.json(), { error: 'not found' });
  const wrong = await app.inject({ method: 'POST', url: '/metrics?x=1' });
  t.is(wrong.statusCode, 405);
  t.is(wrong.headers.allow, 'GET, HEAD');
  t.deepEqual(wrong.json(), { error: 'method not allowed' });
});

test('a body is refused when it is large', async (t) => {
  const app = await serve();
  const payload = 'x'.repeat(10_000);
  const reply = await app.inject({ method: 'POST', url: '/metrics', payload });
  t.true([405, 413, 415].includes(reply.statusCode), String(reply.statusCode));
});

test('a fault inside is logged and not told', async (t) => {
  const app = await createServer(
    {
      version: '1',
      backend: 'ksm',
      exposition: expositionOf(),
      snapshot: () => {
        throw new Error('secret detail');
      },
      driverStatus: () => undefined,
      samplerCpuSeconds: () => 0,
    },
    quiet,
  );
  const reply = await app.inject('/api/v1/functions');
  t.is(reply.statusCode, 500);
  t.deepEqual(reply.json(), { error: 'internal error' });
});
