// SPDX-License-Identifier: MIT
/** GET /api/v1/functions: totals of each function, and its instances. Sizes in bytes. */
import {
  Type,
  type FastifyPluginCallbackTypebox,
  type Static,
} from '@fastify/type-provider-typebox';
import { functionKey, groupByFunction } from '../../accounting/by-function.js';
import { mergeStateOf } from '../../accounting/function-totals.js';
import type { ObservedProcess, Snapshot } from '../../accounting/snapshot.js';
import type { DaemonState } from '../daemon-state.js';

const bytes = Type.Number({ minimum: 0 });
const time = Type.String({ description: 'RFC 3339' });

const instanceSchema = Type.Object({
  pid: Type.Integer(),
  startTimeTicks: Type.String({ description: 'Clock ticks after boot; with the pid an identity.' }),
  comm: Type.String(),
  sampledAt: Type.Optional(time),
  residentBytes: Type.Optional(bytes),
  proportionalBytes: Type.Optional(bytes),
  uniqueBytes: Type.Optional(bytes),
  advisedBytes: Type.Optional(bytes),
  mergedBytes: Type.Optional(bytes),
  savedBytes: Type.Optional(bytes),
  optedIn: Type.Optional(Type.Boolean()),
  unreadable: Type.Optional(Type.String({ description: 'Why the last read failed.' })),
});

const functionSchema = Type.Object({
  namespace: Type.String(),
  function: Type.String(),
  instances: Type.Integer(),
  sampledInstances: Type.Integer(),
  residentBytes: bytes,
  proportionalBytes: bytes,
  uniqueBytes: bytes,
  advisedBytes: Type.Optional(bytes),
  mergedBytes: Type.Optional(bytes),
  savedBytes: Type.Optional(bytes),
  processes: Type.Array(instanceSchema),
});

const bodySchema = Type.Object({
  sampledAt: Type.Union([time, Type.Null()], {
    description: 'End of the last round; null before.',
  }),
  functions: Type.Array(functionSchema),
});

type FunctionBody = Static<typeof functionSchema>;
type InstanceBody = Static<typeof instanceSchema>;

export const functionsRoute: FastifyPluginCallbackTypebox<{ readonly state: DaemonState }> = (
  app,
  { state },
  done,
) => {
  app.get('/api/v1/functions', { schema: { response: { 200: bodySchema } } }, () => {
    const snapshot = state.snapshot();
    return {
      sampledAt: snapshot ? timeText(snapshot.finishedAt) : null,
      functions: snapshot ? functionBodies(snapshot) : [],
    };
  });
  done();
};

function functionBodies({ functions, processes }: Snapshot): FunctionBody[] {
  const instances = groupByFunction(processes);
  return functions.map((totals) => ({
    ...known(totals),
    processes: (instances.get(functionKey(totals)) ?? []).map(instanceBody),
  }));
}

function instanceBody({
  facts,
  sample,
  sampledAt,
  savedBytes,
  unreadable,
}: ObservedProcess): InstanceBody {
  const merge = mergeStateOf(sample);
  return known({
    pid: facts.pid,
    startTimeTicks: String(facts.startTimeTicks),
    comm: facts.comm,
    sampledAt: sampledAt === undefined ? undefined : timeText(sampledAt),
    residentBytes: sample?.usage.rssBytes,
    proportionalBytes: sample?.usage.pssBytes,
    uniqueBytes: sample?.uniqueBytes,
    advisedBytes: sample?.advisedBytes,
    mergedBytes: merge?.mergedBytes,
    savedBytes,
    optedIn: merge?.optedIn,
    unreadable,
  });
}

type Known<T> = { [Key in keyof T as undefined extends T[Key] ? never : Key]: T[Key] } & {
  [Key in keyof T as undefined extends T[Key] ? Key : never]?: Exclude<T[Key], undefined>;
};

/** The same without the keys that are undefined. */
function known<T extends object>(value: T): Known<T> {
  return Object.fromEntries(
    Object.entries(value).filter(([, field]) => field !== undefined),
  ) as Known<T>;
}

function timeText(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
