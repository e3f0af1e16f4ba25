// SPDX-License-Identifier: MIT
/**
 * GET /healthz: the process answers. GET /readyz: there is something to report; 503 until the first
 * round of sampling is over. A missing kernel feature is no reason not to be ready: it shows as a
 * metric, and restarting the daemon would not bring it.
 */
import { Type, type FastifyPluginCallbackTypebox } from '@fastify/type-provider-typebox';
import type { DaemonState } from '../daemon-state.js';

const healthSchema = Type.Object({ status: Type.Literal('ok') });
const readySchema = Type.Object({
  ready: Type.Boolean(),
  reason: Type.Optional(Type.String()),
});

export const healthRoutes: FastifyPluginCallbackTypebox<{ readonly state: DaemonState }> = (
  app,
  { state },
  done,
) => {
  app.get('/healthz', { schema: { response: { 200: healthSchema } } }, () => ({
    status: 'ok' as const,
  }));
  app.get(
    '/readyz',
    { schema: { response: { 200: readySchema, 503: readySchema } } },
    (_request, reply) => {
      if (state.snapshot()) void reply.send({ ready: true });
      else void reply.code(503).send({ ready: false, reason: 'the first sample is not taken yet' });
    },
  );
  done();
};
