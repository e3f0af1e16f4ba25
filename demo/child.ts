// SPDX-License-Identifier: MIT
/** Ending child processes that we started. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

const graceMilliseconds = 10_000;

/** SIGTERM, then SIGKILL if that does not help; resolves when the child is gone. */
export async function endChild(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), graceMilliseconds);
  await exit;
  clearTimeout(timer);
}
