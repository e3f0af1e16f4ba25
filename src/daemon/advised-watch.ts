// SPDX-License-Identifier: MIT
/**
 * Notices memory that was opened to merging: a process that opts in, or that has clearly more such
 * memory than when it was last noticed.
 */
import type { ProcessMergeState } from '../backends/backend.js';

/** Growth below this waits until more comes: a scan of the host for a few pages does not pay. */
const worthwhileBytes = 1024 * 1024;

export interface AdvisedWatch {
  /**
   * Takes note of what was read of a process.
   * @param key any object that stands for the process.
   * @returns true if there is advised memory that was not noticed before.
   */
  note(key: object, seen: SeenAdvice): boolean;
}

export interface SeenAdvice {
  readonly optedIn: ProcessMergeState['optedIn'];
  /** Undefined if it was not read this time. */
  readonly advisedBytes: number | undefined;
}

interface Memory {
  optedIn: boolean;
  advisedBytes: number;
}

/** Remembers processes weakly: one that the caller forgets is forgotten here. */
export function createAdvisedWatch(): AdvisedWatch {
  const memories = new WeakMap<object, Memory>();
  return {
    note(key, { optedIn, advisedBytes }) {
      const memory = memories.get(key) ?? { optedIn: false, advisedBytes: 0 };
      memories.set(key, memory);
      const joined = optedIn === true && !memory.optedIn;
      memory.optedIn = optedIn ?? memory.optedIn;
      if (advisedBytes === undefined) return joined;
      const grown = advisedBytes >= memory.advisedBytes + worthwhileBytes;
      // Less than before is the new measure, so that growing again is noticed.
      if (grown || advisedBytes < memory.advisedBytes) memory.advisedBytes = advisedBytes;
      return joined || grown;
    },
  };
}
