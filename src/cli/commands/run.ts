// SPDX-License-Identifier: MIT
/** `upm-advise run`: starts a command with its memory open to merging. */
import { Command, Option } from 'commander';
import {
  launchEnvironment,
  hookVariables,
  launchModes,
  type LaunchOptions,
} from '../../launch/plan.js';
import { allocatorModes } from '../../launch/allocator.js';
import { optInProcess } from '../../launch/opt-in.js';
import { commandOf, startCommand } from '../../launch/start.js';
import { policyNames } from '../../regions/policy.js';

const help = `
The command replaces this process: same pid, same signals, same exit status.
Whatever goes wrong with merging, the command is started; one line on standard
error then says what is missing. UPM_DISABLE=1 starts it untouched.

Only the Node hook can undo the pinning after loading; other runtimes stay
pinned, which costs CPU where large blocks come and go: --allocator keep.

Exit status: the command's own; 126 if it cannot be run, 127 if it is not found,
64 on bad usage of run itself.

Examples:
  upm-advise run -- node function.js
  upm-advise run --mode regions --policy private -- node function.js
  AWS_LAMBDA_EXEC_WRAPPER style: upm-advise run /usr/bin/node index.mjs`;

export function runCommand(): Command {
  return new Command('run')
    .summary('start a command with its memory open to merging')
    .description('Starts COMMAND with its memory open to merging, by becoming it.')
    .argument('<command...>', 'the command and its arguments')
    .addOption(
      new Option('--mode <mode>', 'what is opened: the whole process, or what the hook selects')
        .choices(launchModes)
        .default('auto'),
    )
    .addOption(
      new Option('--policy <policy>', 'what the hook selects')
        .choices(policyNames)
        .default('weights'),
    )
    .addOption(
      new Option(
        '--allocator <when>',
        'pin malloc, so that equal blocks lie at equal offsets: while loading, always, or not',
      )
        .choices(allocatorModes)
        .default('load'),
    )
    .option('--no-hook', 'do not install the Node hook in NODE_OPTIONS')
    .option('-v, --verbose', 'say what was done, on standard error')
    .passThroughOptions()
    .addHelpText('after', help)
    .action(async (words: readonly string[], options: LaunchOptions & { verbose?: boolean }) => {
      await run(words, options, options.verbose === true);
    });
}

function say(message: string): void {
  process.stderr.write(`upm-advise: ${message}\n`);
}

async function run(
  words: readonly string[],
  options: LaunchOptions,
  verbose: boolean,
): Promise<void> {
  const command = commandOf(words);
  const failure = await startCommand(command, prepare(options, verbose), say);
  say(failure.message);
  process.exitCode = failure.exitStatus;
}

/** Opts this process in and makes the command's environment. */
function prepare(options: LaunchOptions, verbose: boolean): Readonly<Record<string, string>> {
  const registerUrl = new URL('../../../agent/node/register.js', import.meta.url).href;
  if (process.env[hookVariables.disable] === '1') {
    if (verbose) say(`${hookVariables.disable}=1: the command runs untouched`);
    return definedVariables();
  }
  const optIn = options.mode === 'regions' ? undefined : optInProcess();
  if (optIn?.kind === 'refused') {
    if (options.mode === 'process') say(`${optIn.reason}; the command runs without`);
    else if (verbose) say(`${optIn.reason}; leaving it to the hook`);
  }
  const optedIn = optIn?.kind === 'opted-in';
  if (verbose && optedIn) say('all memory of the command is open to merging');
  const environment = launchEnvironment(process.env, options, optedIn, process.pid, registerUrl);
  return verbose ? { ...environment, [hookVariables.verbose]: '1' } : environment;
}

function definedVariables(): Readonly<Record<string, string>> {
  const entries = Object.entries(process.env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  return Object.fromEntries(entries);
}
