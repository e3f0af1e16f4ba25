#!/usr/bin/env node
// SPDX-License-Identifier: MIT
/** The `upm-advise` command: dispatches, and turns errors into one line and an exit status. */
import { Command, CommanderError } from 'commander';
import { exitStatus, isErrnoException, messageOf, UpmError } from '../errors.js';
import { packageVersion } from '../package-version.js';

/** Commands, loaded only when used: `run` stands in the start-up path of every function. */
const commands: Readonly<Record<string, () => Promise<Command>>> = {
  run: async () => (await import('./commands/run.js')).runCommand(),
  report: async () => (await import('./commands/report.js')).reportCommand(),
  doctor: async () => (await import('./commands/doctor.js')).doctorCommand(),
  restore: async () => (await import('./commands/restore.js')).restoreCommand(),
};

async function main(words: readonly string[]): Promise<void> {
  const program = new Command('upm-advise')
    .description('Opens the memory of functions to merging, and shows what came of it.')
    .version(packageVersion())
    .enablePositionalOptions()
    .addHelpText('after', '\nExit statuses are those of sysexits(3): docs/exit-codes.md.');
  const load = commands[words.find((word) => !word.startsWith('-')) ?? ''];
  const wanted = load ? [load] : Object.values(commands);
  for (const command of await Promise.all(wanted.map((each) => each()))) {
    program.addCommand(command);
  }
  quiet(program);
  if (words.length === 0) {
    program.outputHelp({ error: true });
    process.exitCode = exitStatus.ERR_UPM_USAGE;
    return;
  }
  await program.parseAsync(words, { from: 'user' });
}

/** One line for an error, thrown instead of exiting, also in subcommands. */
function quiet(command: Command): void {
  command.exitOverride().configureOutput({ outputError: () => undefined });
  for (const each of command.commands) quiet(each);
}

function fail(error: unknown): void {
  if (error instanceof CommanderError) {
    // Help and version were asked for and printed.
    if (error.exitCode === 0) return;
    const message = error.message.replace(/^error: /, '').replace(/\n/g, ' ');
    process.stderr.write(`upm-advise: ${message} (see upm-advise --help)\n`);
    process.exitCode = exitStatus.ERR_UPM_USAGE;
    return;
  }
  process.stderr.write(`upm-advise: ${messageOf(error)}\n`);
  process.exitCode = error instanceof UpmError ? error.exitStatus : exitStatus.ERR_UPM_INTERNAL;
  if (process.exitCode === exitStatus.ERR_UPM_INTERNAL && error instanceof Error) {
    process.stderr.write(`${error.stack ?? ''}\n`);
  }
}

// A reader that went away (`| head`) is no error of ours.
process.stdout.on('error', (error) => {
  if (isErrnoException(error) && error.code === 'EPIPE') process.exit(0);
  throw error;
});

await main(process.argv.slice(2)).catch(fail);
