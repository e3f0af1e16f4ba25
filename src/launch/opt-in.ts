// SPDX-License-Identifier: MIT
/** Opens the whole process, and what it becomes by exec, to KSM: prctl(PR_SET_MEMORY_MERGE). */
import { isErrnoException, messageOf } from '../errors.js';
import { native } from '../native/addon.js';

export type OptIn =
  | { readonly kind: 'opted-in' }
  /** @see reason cause and consequence, for people. */
  | { readonly kind: 'refused'; readonly reason: string };

/** Never throws: a launch goes on without. */
export function optInProcess(): OptIn {
  try {
    native().setMemoryMerge(true);
    return { kind: 'opted-in' };
  } catch (error) {
    return { kind: 'refused', reason: explain(error) };
  }
}

function explain(error: unknown): string {
  const code = isErrnoException(error) ? error.code : undefined;
  if (code === 'EINVAL') {
    return 'this kernel cannot open whole processes to merging (before 6.4, or without CONFIG_KSM)';
  }
  if (code === 'EPERM') {
    return 'this kernel wants CAP_SYS_RESOURCE to open a whole process to merging';
  }
  return messageOf(error);
}
