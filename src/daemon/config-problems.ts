// SPDX-License-Identifier: MIT
/** Checks a configuration against the schema and says what is wrong in words. */
import type { TLocalizedValidationError } from 'typebox/error';
import { Value } from 'typebox/value';
import { compileRules } from '../accounting/attribution-rules.js';
import type { KeyPath } from './config-file.js';
import { configSchema, type Config } from './config-schema.js';
import { isPlainObject, knownKeys } from './config-settings.js';
import { parseListenAddress } from './listen-address.js';
import { nearestName } from './nearest-name.js';

export interface ConfigProblem {
  readonly path: KeyPath;
  /** The key itself is wrong, not its value. */
  readonly atKey: boolean;
  readonly message: string;
}

export type ConfigCheck =
  | { readonly kind: 'config'; readonly config: Config }
  | { readonly kind: 'problems'; readonly problems: readonly ConfigProblem[] };

/** Checks a value that has all defaults filled in: first its form, then what the form cannot say. */
export function checkConfig(value: unknown): ConfigCheck {
  if (!Value.Check(configSchema, value)) {
    const problems = Value.Errors(configSchema, value).flatMap((error) => describe(error, value));
    return { kind: 'problems', problems };
  }
  const problems = [...listenProblems(value), ...ruleProblems(value)];
  return problems.length > 0 ? { kind: 'problems', problems } : { kind: 'config', config: value };
}

function listenProblems({ listen }: Config): readonly ConfigProblem[] {
  const path = ['listen', 'address'];
  const address = parseListenAddress(listen.address);
  if (address.kind === 'malformed') return [{ path, atKey: false, message: address.message }];
  if (address.kind !== 'tcp' || address.loopback || listen.exposed) return [];
  const message =
    `other machines may reach "${listen.address}", and upmd has no authentication; ` +
    'set listen.exposed to true if that is meant';
  return [{ path, atKey: false, message }];
}

function ruleProblems({ functions }: Config): readonly ConfigProblem[] {
  const compiled = compileRules(functions.rules);
  if (compiled.kind === 'rules') return [];
  return compiled.problems.map(({ index, path, message }) => ({
    path: ['functions', 'rules', index, ...path],
    atKey: false,
    message,
  }));
}

function describe(error: TLocalizedValidationError, root: unknown): readonly ConfigProblem[] {
  // Comes with additionalProperties, which says it better.
  if (error.keyword === 'boolean') return [];
  const path = pathOf(error.instancePath, root);
  if (error.keyword === 'additionalProperties') {
    return error.params.additionalProperties.map((key) => ({
      path: [...path, key],
      atKey: true,
      message: unknownKey(key, knownKeys(path)),
    }));
  }
  if (error.keyword === 'required') {
    return error.params.requiredProperties.map((key) => ({
      path,
      atKey: false,
      message: `needs the key "${key}"`,
    }));
  }
  const message = `${expectation(error, path)}, not ${show(valueAt(root, path))}`;
  return [{ path, atKey: false, message }];
}

function expectation(error: TLocalizedValidationError, path: KeyPath): string {
  if (error.keyword === 'type') return `must be ${typeName(error.params.type)}`;
  if (error.keyword === 'enum') return `must be one of ${error.params.allowedValues.join(', ')}`;
  if (error.keyword === 'pattern') return patternHint(path);
  return error.keyword === 'minLength' ? 'must have a character' : error.message;
}

function unknownKey(key: string, known: readonly string[]): string {
  const nearest = nearestName(key, known);
  return nearest === undefined
    ? `unknown key; known are ${known.join(', ')}`
    : `unknown key; did you mean "${nearest}"?`;
}

function patternHint(path: KeyPath): string {
  return path.at(-1) === 'socketMode'
    ? 'must be an octal mode such as "0660"'
    : 'must be an absolute path';
}

function typeName(type: string | readonly string[]): string {
  const names: Readonly<Record<string, string>> = {
    object: 'a section with keys',
    array: 'a list',
    integer: 'a whole number',
    number: 'a number',
    string: 'a text (in quotes if it looks like something else)',
    boolean: 'true or false',
  };
  return [type]
    .flat()
    .map((name) => names[name] ?? name)
    .join(' or ');
}

/** A value as it would be written; long ones cut. */
function show(value: unknown): string {
  const text = JSON.stringify(value) as string | undefined;
  return text === undefined || text.length <= 60 ? String(text) : `${text.slice(0, 57)}...`;
}

/** The keys of a JSON pointer; a step into a list is a number. */
function pathOf(pointer: string, root: unknown): KeyPath {
  const path: (string | number)[] = [];
  let value = root;
  for (const raw of pointer.split('/').slice(1)) {
    const step = raw.replaceAll('~1', '/').replaceAll('~0', '~');
    path.push(Array.isArray(value) ? Number(step) : step);
    value = valueAt(value, path.slice(-1));
  }
  return path;
}

function valueAt(root: unknown, path: KeyPath): unknown {
  let value = root;
  for (const step of path) {
    if (Array.isArray(value)) value = (value as readonly unknown[])[Number(step)];
    else value = isPlainObject(value) ? value[step] : undefined;
  }
  return value;
}

/** `functions.rules[0].match.cgroup`. */
export function pathText(path: KeyPath): string {
  return path
    .map((step, index) =>
      typeof step === 'number' ? `[${step}]` : `${index > 0 ? '.' : ''}${step}`,
    )
    .join('');
}
