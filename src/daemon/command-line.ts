// SPDX-License-Identifier: MIT
/** The command line of upmd. Its flags are those of the settings; see config-settings.ts. */
import { Command, CommanderError, Option } from 'commander';
import { UpmError } from '../errors.js';
import { packageVersion } from '../package-version.js';
import { settings, type Setting } from './config-settings.js';

export type CommandLine =
  | {
      readonly kind: 'run' | 'check-config';
      readonly configFile: string | undefined;
      /** Values by flag, such as `--listen`. */
      readonly flags: ReadonlyMap<string, string>;
    }
  /** Help or the version was printed. */
  | { readonly kind: 'done' };

interface Options {
  readonly config?: string;
  readonly checkConfig?: boolean;
  readonly [name: string]: string | boolean | undefined;
}

/** @throws UpmError ERR_UPM_USAGE. @param words the arguments after the program's name. */
export function parseCommandLine(words: readonly string[]): CommandLine {
  const { command, named } = createCommand();
  try {
    command.parse(words, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return { kind: 'done' };
    const message = error.message.replace(/^error: /u, '').replaceAll('\n', ' ');
    throw new UpmError('ERR_UPM_USAGE', `${message} (see upmd --help)`);
  }
  const options = command.opts<Options>();
  const flags = new Map<string, string>();
  for (const [flag, name] of named) {
    const value = options[name];
    if (typeof value === 'string') flags.set(flag, value);
  }
  return {
    kind: options.checkConfig === true ? 'check-config' : 'run',
    configFile: options.config,
    flags,
  };
}

function createCommand(): { command: Command; named: ReadonlyMap<string, string> } {
  const command = new Command('upmd')
    .description('Reports what functions use and what merging their memory saves.')
    .version(packageVersion())
    .allowExcessArguments(false)
    .exitOverride()
    .configureOutput({ outputError: () => undefined })
    .option(
      '--config <file>',
      'YAML file; flags and UPMD_… variables override it (env: UPMD_CONFIG)',
    )
    .option('--check-config', 'print the configuration that results, and exit');
  const named = new Map<string, string>();
  for (const setting of settings) {
    if (setting.flag === undefined) continue;
    const option = optionOf(setting, setting.flag);
    named.set(setting.flag, option.attributeName());
    command.addOption(option);
  }
  command.addHelpText('after', '\nExit statuses are those of sysexits(3): docs/exit-codes.md.');
  return { command, named };
}

function optionOf({ type, description, default: value, env }: Setting, flag: string): Option {
  const kind = type === 'string' ? 'text' : type === 'boolean' ? 'true|false' : 'number';
  const note = `(default: ${String(value)}; env: ${env ?? ''})`;
  return new Option(`${flag} <${kind}>`, `${description} ${note}`);
}
