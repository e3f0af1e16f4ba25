// SPDX-License-Identifier: MIT
/** The HTTP server: read only, without authentication, small limits. */
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import Fastify, {
  LogController,
  type FastifyBaseLogger,
  type FastifyError,
  type FastifyInstance,
  type HTTPMethods,
} from 'fastify';
import type { DaemonState } from './daemon-state.js';
import { functionsRoute } from './routes/functions.js';
import { healthRoutes } from './routes/health.js';
import { hostRoute } from './routes/host.js';
import { metricsRoute } from './routes/metrics.js';

/** Nothing takes a body; this is what a client may send before it is told so, bytes. */
const bodyLimit = 1024;
const requestTimeoutMilliseconds = 10_000;

/** Makes the server with its routes; the caller makes it listen. */
export async function createServer(
  state: DaemonState,
  logger: FastifyBaseLogger,
): Promise<FastifyInstance> {
  const app = Fastify({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit,
    requestTimeout: requestTimeoutMilliseconds,
    connectionTimeout: 60_000,
    keepAliveTimeout: 72_000,
    // Idle keep-alive connections must not hold up the end of the daemon.
    forceCloseConnections: 'idle',
  }).withTypeProvider<TypeBoxTypeProvider>();

  const allowed = rememberMethods(app);
  app.setNotFoundHandler((request, reply) => {
    const methods = allowed(request.url);
    if (methods.length === 0) return reply.code(404).send({ error: 'not found' });
    return reply
      .code(405)
      .header('allow', methods.join(', '))
      .send({ error: 'method not allowed' });
  });
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const status = error.statusCode ?? 500;
    if (status < 500) return reply.code(status).send({ error: error.message });
    // What went wrong inside is for the log, not for whoever asks.
    request.log.error({ err: error, url: request.url }, 'request failed');
    return reply.code(500).send({ error: 'internal error' });
  });

  await app.register(metricsRoute, { state });
  await app.register(healthRoutes, { state });
  await app.register(functionsRoute, { state });
  await app.register(hostRoute, { state });
  return app;
}

/** Collects the methods of each path as routes are added. Gives those of a URL; none if unknown. */
function rememberMethods(app: {
  addHook: FastifyInstance['addHook'];
}): (url: string) => readonly string[] {
  const byPath = new Map<string, string[]>();
  app.addHook('onRoute', ({ url, method }) => {
    const methods: readonly HTTPMethods[] = [method].flat();
    byPath.set(url, [...(byPath.get(url) ?? []), ...methods]);
  });
  return (url) => byPath.get(url.split('?', 1)[0] ?? '') ?? [];
}
