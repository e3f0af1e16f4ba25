#!/usr/bin/env node
// SPDX-License-Identifier: MIT
/** The `upmd` command: dispatches, and turns errors into lines and an exit status. */
import closeWithGrace from 'close-with-grace';
import { destination, pino } from 'pino';
import { stringify } from 'yaml';
import { exitStatus, messageOf, UpmError } from '../errors.js';
import { parseCommandLine } from './command-line.js';
import { loadConfig } from './config.js';
import type { Config } from './config-schema.js';
import { createServiceManager } from './service-manager.js';
import { startUpmd } from './upmd.js';

/** A drive of ksmd ends within a tick, and requests take milliseconds: this is for hung clients. */
const graceMilliseconds = 10_000;

async function main(words: readonly string[]): Promise<void> {
  const line = parseCommandLine(words);
  if (line.kind === 'done') return;
  const config = await loadConfig({
    file: line.configFile ?? (process.env.UPMD_CONFIG === '' ? undefined : process.env.UPMD_CONFIG),
    environment: process.env,
    flags: line.flags,
  });
  if (line.kind === 'check-config') process.stdout.write(stringify(config));
  else await run(config);
}

async function run(config: Config): Promise<void> {
  const logger = pino(
    { name: 'upmd', level: config.logLevel },
    destination({ dest: 1, sync: true }),
  );
  const manager = createServiceManager({
    environment: process.env,
    pid: process.pid,
    warn: (message) => {
      logger.warn(message);
    },
  });
  const upmd = await startUpmd(config, logger);
  closeWithGrace({ delay: graceMilliseconds, logger: false }, async ({ err, signal }) => {
    if (err) logger.fatal({ err }, 'unexpected error');
    else logger.info(`stopping: ${signal ?? 'nothing left to do'}`);
    manager.stopping();
    await upmd.close();
    if (err) fail(err);
  });
  manager.ready();
  if (config.functions.rules.length === 0) {
    logger.warn('no functions.rules are configured: only counters of the host are reported');
  }
}

/** Ends the process; for errors of the user without a stack. */
function fail(error: unknown): never {
  for (const line of messageOf(error).split('\n')) process.stderr.write(`upmd: ${line}\n`);
  if (!(error instanceof UpmError) && error instanceof Error) {
    process.stderr.write(`${error.stack ?? ''}\n`);
  }
  process.exit(error instanceof UpmError ? error.exitStatus : exitStatus.ERR_UPM_INTERNAL);
}

await main(process.argv.slice(2)).catch(fail);
