// SPDX-License-Identifier: MIT
/**
 * The daemon as a value: wires configuration, backend, driver, sampler, metrics and server together,
 * and takes them down in reverse. Nothing of it is global; several can run in one process.
 */
import type { FastifyBaseLogger } from 'fastify';
import { compileRules } from '../accounting/attribution-rules.js';
import type { Attributor } from '../accounting/attribution.js';
import type { Snapshot } from '../accounting/snapshot.js';
import { chooseBackend, createHost } from '../backends/choose.js';
import type { KsmDriver } from '../backends/ksm/driver-status.js';
import { createKsmDriver } from '../backends/ksm/driver.js';
import { UpmError } from '../errors.js';
import { createExposition } from '../metrics/exposition.js';
import { packageVersion } from '../package-version.js';
import { listPids } from '../proc/processes.js';
import type { HostRoots } from '../proc/reading.js';
import { systemClock } from './clock.js';
import type { Config } from './config-schema.js';
import type { DaemonState } from './daemon-state.js';
import { parseListenAddress } from './listen-address.js';
import { listen } from './listener.js';
import { pageSizeOf } from './page-size.js';
import { recoverSettings } from './recover-settings.js';
import { createSampler } from './sampler.js';
import { createServer } from './server.js';

export interface Upmd {
  /** Such as `http://127.0.0.1:9464`, with the port that was really taken, or `unix:/PATH`. */
  readonly address: string;
  /** Stops sampling, gives ksmd back, lets requests under way end. Idempotent. */
  close(): Promise<void>;
}

/**
 * Starts a daemon; resolves when it listens. The first sample is taken after that.
 * @throws UpmError if it cannot start; nothing is left running then.
 */
export async function startUpmd(config: Config, logger: FastifyBaseLogger): Promise<Upmd> {
  const roots: HostRoots = { proc: config.procRoot, sys: config.sysRoot };
  const attributor = attributorOf(config);
  await requireProc(roots);
  await recoverSettings(roots, config.ksm.stateFile, logger);

  const pageSize = pageSizeOf((message) => {
    logger.warn(message);
  });
  const backend = await chooseBackend(undefined, roots);
  logger.info(`backend ${backend.name}: ${backend.reason}`);
  const driver = backend.name === 'ksm' ? driverOf(config, roots, pageSize, logger) : undefined;
  const sampler = createSampler({
    ...config.sampler,
    roots,
    attributor,
    host: createHost(backend, roots, pageSize),
    clock: systemClock,
    onAdvisedMemory: () => driver?.kick(),
    onSnapshot(snapshot) {
      exposition.update(snapshot);
      reportDenied(snapshot);
      // Who managed ksmd may have stopped, or the permission been given, since the driver was asked.
      if (driver?.status().waiting) driver.kick();
    },
    onError: (error) => {
      logger.error({ err: error }, 'a round of sampling failed');
    },
  });
  const version = packageVersion();
  const driverStatus = (): ReturnType<DaemonState['driverStatus']> => driver?.status();
  const samplerCpuSeconds = (): number => sampler.cpuSeconds();
  const exposition = createExposition({
    version,
    backend: backend.name,
    maxFunctions: config.functions.maxSeries,
    driverStatus,
    samplerCpuSeconds,
  });
  const reportDenied = createDeniedReport(logger);

  const app = await createServer(
    {
      version,
      backend: backend.name,
      exposition,
      snapshot: () => sampler.snapshot(),
      driverStatus,
      samplerCpuSeconds,
    },
    logger,
  );
  let address: string;
  try {
    address = await listenAt(config, app);
  } catch (error) {
    await app.close();
    throw error;
  }
  sampler.start();

  let closed: Promise<void> | undefined;
  async function closeAll(): Promise<void> {
    // ksmd first: the sampler may wait for a read that hangs on its target's mmap lock, and what is left
    // of the time to stop is then too short to restore anything.
    try {
      await driver?.close();
    } finally {
      await Promise.allSettled([sampler.stop(), app.close()]);
    }
  }
  return {
    address,
    close: () => (closed ??= closeAll()),
  };
}

async function listenAt(config: Config, app: Parameters<typeof listen>[0]): Promise<string> {
  const address = parseListenAddress(config.listen.address);
  if (address.kind === 'malformed') throw new UpmError('ERR_UPM_CONFIG', address.message);
  return await listen(app, address, Number.parseInt(config.listen.socketMode, 8));
}

function attributorOf({ functions }: Config): Attributor {
  const compiled = compileRules(functions.rules);
  if (compiled.kind === 'rules') return compiled.attributor;
  // A configuration that was checked has no such rules; one made by hand may.
  const messages = compiled.problems.map(
    ({ index, path, message }) => `functions.rules[${index}].${path.join('.')}: ${message}`,
  );
  throw new UpmError('ERR_UPM_CONFIG', messages.join('\n'));
}

function driverOf(
  { ksm }: Config,
  roots: HostRoots,
  pageSize: number,
  logger: FastifyBaseLogger,
): KsmDriver {
  return createKsmDriver({
    roots,
    decision: ksm.drive,
    budget: ksm.cpuBudget,
    stateFile: ksm.stateFile,
    pageSize,
    timeoutSeconds: ksm.timeoutSeconds,
    log: (level, message) => {
      logger[level](message);
    },
  });
}

async function requireProc(roots: HostRoots): Promise<void> {
  const pids = await listPids(roots);
  if (pids.kind === 'value' && pids.value.length > 0) return;
  const reason = pids.kind === 'value' ? 'it shows no processes' : pids.message;
  throw new UpmError('ERR_UPM_NOT_FOUND', `procRoot ${roots.proc} is no procfs: ${reason}`);
}

/** Says once what a missing privilege costs, and again only after it was better meanwhile. */
function createDeniedReport(logger: FastifyBaseLogger): (snapshot: Snapshot) => void {
  let before = 0;
  return ({ unreadable: { denied } }) => {
    if (denied > 0 && before === 0) {
      logger.warn(
        `cannot read the memory of all functions (${denied} denied): run upmd with CAP_SYS_PTRACE, or as their user`,
      );
    }
    before = denied;
  };
}
