// SPDX-License-Identifier: MIT
/** Puts ksmd's settings back if a predecessor crashed while it drove. */
import type { FastifyBaseLogger } from 'fastify';
import { recoverKsmSettings } from '../backends/ksm/recover.js';
import { messageOf, UpmError } from '../errors.js';
import type { HostRoots } from '../proc/reading.js';

/** What cannot be recovered is logged and no reason not to start: observing needs none of it. */
export async function recoverSettings(
  roots: HostRoots,
  stateFile: string,
  logger: Pick<FastifyBaseLogger, 'info' | 'warn'>,
): Promise<void> {
  try {
    const recovery = await recoverKsmSettings({ roots, stateFile });
    switch (recovery.kind) {
      case 'nothing-to-recover':
        break;
      case 'in-use':
        logger.info(`ksmd is driven by process ${recovery.pid}`);
        break;
      case 'outdated':
        logger.info('removed a record of ksmd settings from before the last boot');
        break;
      case 'recovered':
        logger.warn(
          { restored: recovery.restored, kept: recovery.kept },
          'restored the ksmd settings that a crashed driver left behind',
        );
        break;
    }
  } catch (error) {
    if (!(error instanceof UpmError)) throw error;
    logger.warn(`cannot restore the ksmd settings of a crashed driver: ${messageOf(error)}`);
  }
}
