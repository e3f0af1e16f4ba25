// SPDX-License-Identifier: MIT
/**
 * Tells a service manager how we are, as sd_notify(3) and sd_watchdog_enabled(3) describe. Without
 * NOTIFY_SOCKET it does nothing.
 */
import { messageOf } from '../errors.js';
import { native } from '../native/addon.js';

export interface ServiceManager {
  ready(): void;
  stopping(): void;
}

export interface ServiceManagerOptions {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly pid: number;
  readonly warn: (message: string) => void;
  /** Sends one message to a socket; the addon does by default. */
  readonly send?: (socketPath: string, message: string) => void;
}

/** A manager that is told of nothing after the first failure: it cannot be reached. */
export function createServiceManager(options: ServiceManagerOptions): ServiceManager {
  const socketPath = options.environment.NOTIFY_SOCKET;
  const send =
    options.send ??
    ((path, message) => {
      native().sdNotify(path, message);
    });
  let reachable = socketPath !== undefined && socketPath !== '';
  let watchdog: NodeJS.Timeout | undefined;

  function tell(message: string): void {
    if (!reachable || socketPath === undefined) return;
    try {
      send(socketPath, message);
    } catch (error) {
      reachable = false;
      options.warn(`cannot tell the service manager (${messageOf(error)}); going on without`);
    }
  }

  return {
    ready() {
      tell('READY=1');
      const period = watchdogMilliseconds(options);
      if (period === undefined || !reachable) return;
      watchdog = setInterval(() => {
        tell('WATCHDOG=1');
      }, period / 2);
      watchdog.unref();
    },
    stopping() {
      clearInterval(watchdog);
      tell('STOPPING=1');
    },
  };
}

/** How long the manager waits for a sign of life, if it asks this process for any. */
function watchdogMilliseconds({ environment, pid }: ServiceManagerOptions): number | undefined {
  const microseconds = Number(environment.WATCHDOG_USEC);
  if (!Number.isSafeInteger(microseconds) || microseconds <= 0) return undefined;
  const addressee = environment.WATCHDOG_PID;
  if (addressee !== undefined && addressee !== '' && addressee !== String(pid)) return undefined;
  return microseconds / 1000;
}
