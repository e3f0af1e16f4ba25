// SPDX-License-Identifier: MIT
/** GET /api/v1/host: what merging did on the host, and what the daemon does about it. */
import { Type, type FastifyPluginCallbackTypebox } from '@fastify/type-provider-typebox';
import type { DaemonState } from '../daemon-state.js';

const bytes = Type.Number({ minimum: 0 });

const bodySchema = Type.Object({
  version: Type.String(),
  backend: Type.String(),
  counters: Type.Optional(
    Type.Object({
      sharedBytes: bytes,
      savedBytes: bytes,
      unmergeNeedBytes: bytes,
      metadataBytes: Type.Optional(bytes),
      pagesExamined: Type.Optional(Type.Number()),
      pagesUnmergedByWrite: Type.Optional(Type.Number()),
    }),
  ),
  driver: Type.Optional(
    Type.Object({
      mode: Type.String(),
      reason: Type.String(),
      scansSinceKick: Type.Number(),
      ksmdCpuSeconds: Type.Number(),
      ksmdCpuShare: Type.Number(),
      mergedBytes: bytes,
      converged: Type.Integer(),
      timedOut: Type.Integer(),
    }),
  ),
  sampler: Type.Object({
    cpuSeconds: Type.Number(),
    durationSeconds: Type.Optional(Type.Number()),
    deferred: Type.Optional(Type.Integer()),
    unreadable: Type.Optional(Type.Record(Type.String(), Type.Integer())),
  }),
});

export const hostRoute: FastifyPluginCallbackTypebox<{ readonly state: DaemonState }> = (
  app,
  { state },
  done,
) => {
  app.get('/api/v1/host', { schema: { response: { 200: bodySchema } } }, () => {
    const snapshot = state.snapshot();
    const driver = state.driverStatus();
    return {
      version: state.version,
      backend: state.backend,
      ...(snapshot?.host.kind === 'value' && { counters: snapshot.host.value }),
      ...(driver && { driver }),
      sampler: {
        cpuSeconds: state.samplerCpuSeconds(),
        ...(snapshot && {
          durationSeconds: snapshot.durationSeconds,
          deferred: snapshot.deferred,
          unreadable: snapshot.unreadable,
        }),
      },
    };
  });
  done();
};
