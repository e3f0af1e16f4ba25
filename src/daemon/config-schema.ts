// SPDX-License-Identifier: MIT
/**
 * The configuration of upmd. This schema is the one source of validation, types, defaults, flags,
 * environment variables and the reference in docs/upmd.md.
 */
import { Type, type Static } from 'typebox';

const closed = { additionalProperties: false } as const;

const ruleSchema = Type.Object(
  {
    name: Type.Optional(Type.String({ description: 'A note for people.' })),
    match: Type.Object(
      {
        cgroup: Type.Optional(
          Type.String({
            description:
              'Regular expression on the path of the cgroup (version 1: of the memory controller).',
          }),
        ),
        command: Type.Optional(
          Type.String({
            description:
              'Regular expression on the arguments, joined by spaces; the first 4,096 characters count. The process chooses them.',
          }),
        ),
        comm: Type.Optional(
          Type.String({
            description: 'Regular expression on the task name. The process chooses it.',
          }),
        ),
      },
      { ...closed, description: 'What a process must match: all of those given, at least one.' },
    ),
    function: Type.String({
      minLength: 1,
      description: 'Name of the function. `$1`, `${1}` and `${name}` stand for captured groups.',
    }),
    namespace: Type.Optional(
      Type.String({
        minLength: 1,
        description: 'Namespace of the function, made likewise. Default `default`.',
      }),
    ),
  },
  closed,
);

export const configSchema = Type.Object(
  {
    listen: Type.Object(
      {
        address: Type.String({
          default: '127.0.0.1:9464',
          env: 'UPMD_LISTEN',
          flag: '--listen',
          description:
            'Where to serve HTTP: `HOST:PORT` (`[::1]:9464` for IPv6; port 0 takes any free one) or `unix:/PATH` for a socket.',
        }),
        exposed: Type.Boolean({
          default: false,
          description:
            'Allows an address that other machines may reach. There is no authentication: whoever reaches it can read what runs here.',
        }),
        socketMode: Type.String({
          default: '0660',
          pattern: '^0?[0-7]{3}$',
          description: 'Permissions of the unix socket, octal, in quotes.',
        }),
      },
      closed,
    ),
    logLevel: Type.Enum(['trace', 'debug', 'info', 'warn', 'error', 'silent'], {
      default: 'info',
      description: 'Least important log lines to write. The log is JSON, one line each, on stdout.',
    }),
    procRoot: Type.String({
      default: '/proc',
      pattern: '^/',
      description: "The host's procfs; `/host/proc` or the like in a container.",
    }),
    sysRoot: Type.String({
      default: '/sys',
      pattern: '^/',
      description: "The host's sysfs.",
    }),
    sampler: Type.Object(
      {
        intervalSeconds: Type.Number({
          minimum: 1,
          maximum: 3600,
          default: 10,
          description: 'Time from one round of sampling to the next.',
        }),
        cpuBudget: Type.Number({
          minimum: 0.001,
          maximum: 1,
          default: 0.05,
          description:
            'Share of one core that sampling may use. When it does not suffice, samples become older.',
        }),
        slowReadMilliseconds: Type.Number({
          minimum: 1,
          maximum: 60_000,
          default: 20,
          description:
            'A process whose memory takes this long to read is read less often, because reading holds it up: about 4 ms a GiB.',
        }),
        maxProcesses: Type.Integer({
          minimum: 1,
          maximum: 100_000,
          default: 2000,
          description: 'Instances whose memory is read; more are only counted.',
        }),
      },
      closed,
    ),
    functions: Type.Object(
      {
        maxSeries: Type.Integer({
          minimum: 0,
          maximum: 100_000,
          default: 500,
          description: 'Functions that get series of their own in the metrics.',
        }),
        rules: Type.Array(ruleSchema, {
          default: [],
          description:
            'Which process belongs to which function: the first rule that matches decides. Other processes are not sampled.',
        }),
      },
      closed,
    ),
    ksm: Type.Object(
      {
        drive: Type.Enum(['never', 'auto', 'always'], {
          default: 'never',
          description:
            'Whether to run ksmd while advised memory waits to be merged: `auto` only if nobody else manages ksmd, `always` in any case. Stock KSM merges across all processes of the host that opted in, whoever owns them, so this is yours to decide.',
        }),
        cpuBudget: Type.Number({
          minimum: 0.01,
          maximum: 1,
          default: 0.5,
          description: 'Share of one core that ksmd may use while driven.',
        }),
        timeoutSeconds: Type.Number({
          minimum: 1,
          maximum: 86_400,
          default: 300,
          description: 'A drive that does not get done within this time is given up.',
        }),
        stateFile: Type.String({
          default: '/run/upm/ksm-settings.json',
          pattern: '^/',
          description:
            "Where the operator's ksmd settings are kept while driving, so that they are restored even after a crash.",
        }),
      },
      closed,
    ),
  },
  closed,
);

type DeepReadonly<T> = T extends readonly (infer Item)[]
  ? readonly DeepReadonly<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: DeepReadonly<T[Key]> }
    : T;

export type Config = DeepReadonly<Static<typeof configSchema>>;
