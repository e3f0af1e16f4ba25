// SPDX-License-Identifier: MIT
/**
 * Makes the configuration from defaults, file, environment and flags; each of them overrides those
 * before it. Every mistake is named with its place: file, line, column and key, or variable, or flag.
 */
import { UpmError } from '../errors.js';
import { checkConfig, pathText, type ConfigProblem } from './config-problems.js';
import { readConfigFile, type ConfigFile } from './config-file.js';
import type { Config } from './config-schema.js';
import { defaultConfig, isPlainObject, setIn, settings, type Setting } from './config-settings.js';

export interface ConfigSources {
  /** Path of the YAML file; without one there is none. */
  readonly file?: string | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Values of flags, by flag, such as `--listen`. */
  readonly flags: ReadonlyMap<string, string>;
}

/**
 * @throws UpmError ERR_UPM_CONFIG with a line for each mistake; ERR_UPM_USAGE if all of them are in
 * flags; see {@link readConfigFile} for a file that cannot be read.
 */
export async function loadConfig(sources: ConfigSources): Promise<Config> {
  const file = sources.file === undefined ? undefined : await readConfigFile(sources.file);
  const merged = fillIn(file?.content, defaultConfig());
  const origins = new Map<string, string>();
  for (const setting of settings) {
    const override = overrideOf(setting, sources);
    if (!override || !isPlainObject(merged)) continue;
    setIn(merged, setting.path, typed(setting, override.text));
    origins.set(pathText(setting.path), override.origin);
  }
  const check = checkConfig(merged);
  if (check.kind === 'config') return check.config;
  throw configError(check.problems, file, origins);
}

interface Override {
  readonly text: string;
  readonly origin: string;
}

function overrideOf({ env, flag }: Setting, sources: ConfigSources): Override | undefined {
  const flagText = flag === undefined ? undefined : sources.flags.get(flag);
  if (flag !== undefined && flagText !== undefined) return { text: flagText, origin: flag };
  const envText = env === undefined ? undefined : sources.environment[env];
  // An empty variable is how many supervisors say "not set".
  if (env === undefined || envText === undefined || envText === '') return undefined;
  return { text: envText, origin: env };
}

/** A text as the type of its setting, if it can be read as one; else as it is, for the check to refuse. */
function typed({ type }: Setting, text: string): unknown {
  switch (type) {
    case 'number':
    case 'integer':
      return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/iu.test(text) ? Number(text) : text;
    case 'boolean':
      return text === 'true' ? true : text === 'false' ? false : text;
    case 'string':
    case 'array':
      return text;
  }
}

/** Adds defaults where a file says nothing. An empty section (`sampler:`) says nothing. */
function fillIn(value: unknown, defaults: unknown): unknown {
  if (!isPlainObject(defaults)) return value === undefined ? defaults : value;
  if (value === undefined || value === null) return defaults;
  if (!isPlainObject(value)) return value;
  const filled: Record<string, unknown> = { ...value };
  for (const [key, inner] of Object.entries(defaults)) {
    filled[key] = fillIn(Object.hasOwn(value, key) ? value[key] : undefined, inner);
  }
  return filled;
}

function configError(
  problems: readonly ConfigProblem[],
  file: ConfigFile | undefined,
  origins: ReadonlyMap<string, string>,
): UpmError {
  const lines = problems.map(({ path, atKey, message }) => {
    const key = pathText(path);
    const origin = origins.get(key);
    if (origin !== undefined) return `${origin}: ${message}`;
    const place = atKey ? file?.positionOfKey(path) : file?.positionOf(path);
    return [place, key, message].filter((part) => part !== undefined && part !== '').join(': ');
  });
  const onlyFlags = problems.every(({ path }) => origins.get(pathText(path))?.startsWith('--'));
  return new UpmError(onlyFlags ? 'ERR_UPM_USAGE' : 'ERR_UPM_CONFIG', lines.join('\n'));
}
