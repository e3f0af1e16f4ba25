// SPDX-License-Identifier: MIT
/** The single settings of the schema: their path, default, environment variable and flag. */
import type { TSchema } from 'typebox';
import { configSchema } from './config-schema.js';

export interface Setting {
  /** Such as `['sampler', 'cpuBudget']`. */
  readonly path: readonly string[];
  readonly type: 'string' | 'number' | 'integer' | 'boolean' | 'array';
  readonly description: string;
  readonly default: unknown;
  /** Allowed values, where they are listed. */
  readonly values: readonly string[] | undefined;
  /** `UPMD_SAMPLER_CPU_BUDGET`; undefined for lists, which only a file can give. */
  readonly env: string | undefined;
  /** `--sampler-cpu-budget`; undefined for lists. */
  readonly flag: string | undefined;
}

/** What we read of a schema node; all of it is JSON Schema, or a note of ours. */
interface SchemaNode {
  readonly type?: string;
  readonly enum?: readonly string[];
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly items?: SchemaNode;
  readonly default?: unknown;
  readonly description?: string;
  readonly env?: string;
  readonly flag?: string;
}

/** All settings, in the order of the schema. */
export const settings: readonly Setting[] = settingsOf(nodeOf(configSchema), []);

/** The configuration without a file, environment or flags. */
export function defaultConfig(): Record<string, unknown> {
  const root: Record<string, unknown> = {};
  for (const { path, default: value } of settings) setIn(root, path, structuredClone(value));
  return root;
}

/** Sets a value in a tree of plain objects; a value in the way that is no object stays. */
export function setIn(
  root: Record<string, unknown>,
  path: readonly string[],
  value: unknown,
): void {
  const [first, ...rest] = path;
  if (first === undefined) return;
  if (rest.length === 0) {
    root[first] = value;
    return;
  }
  const child = (root[first] ??= {});
  if (isPlainObject(child)) setIn(child, rest, value);
}

export function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Keys that the schema knows under a path; numbers in the path step into lists. */
export function knownKeys(path: readonly (string | number)[]): readonly string[] {
  let node: SchemaNode | undefined = nodeOf(configSchema);
  for (const step of path) {
    node = typeof step === 'number' ? node?.items : node?.properties?.[step];
  }
  return Object.keys(node?.properties ?? {});
}

/** Settings inside the items of `functions.rules`, for the reference: path and description. */
export function ruleKeys(): readonly (readonly [string, string])[] {
  const item = nodeOf(configSchema).properties?.functions?.properties?.rules?.items;
  return described(item, '');
}

function described(
  node: SchemaNode | undefined,
  prefix: string,
): readonly (readonly [string, string])[] {
  return Object.entries(node?.properties ?? {}).flatMap(([key, child]) => [
    [`${prefix}${key}`, child.description ?? ''] as const,
    ...described(child, `${prefix}${key}.`),
  ]);
}

function settingsOf(node: SchemaNode, path: readonly string[]): readonly Setting[] {
  return Object.entries(node.properties ?? {}).flatMap(([key, child]) => {
    const here = [...path, key];
    return child.properties ? settingsOf(child, here) : settingOf(child, here);
  });
}

function settingOf(node: SchemaNode, path: readonly string[]): Setting {
  const type = typeOf(node);
  const words = path.map(snakeCase);
  const settable = type !== 'array';
  return {
    path,
    type,
    description: node.description ?? '',
    default: node.default,
    values: node.enum,
    env: settable ? (node.env ?? `UPMD_${words.join('_').toUpperCase()}`) : undefined,
    flag: settable ? (node.flag ?? `--${words.join('-').replaceAll('_', '-')}`) : undefined,
  };
}

function typeOf(node: SchemaNode): Setting['type'] {
  const { type = '' } = node;
  switch (type) {
    case 'number':
    case 'integer':
    case 'boolean':
    case 'array':
      return type;
    default:
      return 'string';
  }
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/gu, (letter) => `_${letter.toLowerCase()}`);
}

function nodeOf(schema: TSchema): SchemaNode {
  return schema;
}
