// SPDX-License-Identifier: MIT
/** GET /metrics: Prometheus' text format. */
import type { FastifyPluginCallbackTypebox } from '@fastify/type-provider-typebox';
import type { DaemonState } from '../daemon-state.js';

export const metricsRoute: FastifyPluginCallbackTypebox<{ readonly state: DaemonState }> = (
  app,
  { state },
  done,
) => {
  app.get('/metrics', async (_request, reply) => {
    const text = await state.exposition.render();
    return reply.type(state.exposition.contentType).send(text);
  });
  done();
};
