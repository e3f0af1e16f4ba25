// SPDX-License-Identifier: MIT
/** What the demo writes: one line that is rewritten on a terminal, few lines elsewhere. */
import type { WriteStream } from 'node:tty';
import { mebibytes } from '../src/cli/format/bytes.js';
import type { Progress } from './converge.js';

export interface Display {
  /** The step under way; replaces the last such line on a terminal. */
  progress(line: string): void;
  merging(progress: Progress): void;
  /** A step that is over. */
  done(line: string): void;
  text(text: string): void;
}

/** Where lines cannot be rewritten, progress shows this seldom. */
const quietMilliseconds = 3000;

export function createDisplay(output: WriteStream): Display {
  let shownAt = -quietMilliseconds;
  const display: Display = {
    progress(line) {
      if (output.isTTY) {
        output.write(`\r\x1b[K  ${line}`);
        return;
      }
      if (performance.now() - shownAt < quietMilliseconds) return;
      shownAt = performance.now();
      output.write(`  ${line}\n`);
    },
    merging({ seconds, mergedBytes, driver }) {
      display.progress(
        `${seconds.toFixed(0).padStart(3)} s: ${mebibytes(mergedBytes)} MiB merged, ` +
          `ksmd ${driver.mode}, ${driver.scansSinceKick} scans, ` +
          `${(driver.ksmdCpuShare * 100).toFixed(0)} % of a core`,
      );
    },
    done(line) {
      output.write(`${output.isTTY ? '\r\x1b[K' : ''}- ${line}\n`);
    },
    text(text) {
      output.write(`${text}\n`);
    },
  };
  return display;
}
