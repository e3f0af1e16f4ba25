// SPDX-License-Identifier: MIT
/**
 * The one error class that crosses a module boundary on purpose. Each code has one meaning and one
 * exit status; the statuses are those of sysexits(3), so that scripts can tell causes apart.
 */

/** Exit status of each failure class; `0` is success. Documented in docs/exit-codes.md. */
export const exitStatus = {
  /** Bad option, argument or combination (EX_USAGE). */
  ERR_UPM_USAGE: 64,
  /** A named process, file or mapping does not exist (any more) (EX_NOINPUT). */
  ERR_UPM_NOT_FOUND: 66,
  /** The kernel, or a service we need, lacks the feature (EX_UNAVAILABLE). */
  ERR_UPM_UNSUPPORTED: 69,
  /** A fault of ours (EX_SOFTWARE). */
  ERR_UPM_INTERNAL: 70,
  /** The operating system refused: port in use, no memory, ... (EX_OSERR). */
  ERR_UPM_SYSTEM: 71,
  /** The caller lacks a permission or capability (EX_NOPERM). */
  ERR_UPM_PERMISSION: 77,
  /** The configuration is malformed or contradicts itself (EX_CONFIG). */
  ERR_UPM_CONFIG: 78,
} as const;

export type UpmErrorCode = keyof typeof exitStatus;

/** An error whose message is meant for a person: it names the cause, and the remedy if there is one. */
export class UpmError extends Error {
  readonly code: UpmErrorCode;

  constructor(code: UpmErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.name = 'UpmError';
    this.code = code;
  }

  /** Exit status for a program that ends because of this error. */
  get exitStatus(): number {
    return exitStatus[this.code];
  }
}

/** Narrows an unknown value to an errno error, as node:fs and the addon throw them. */
export function isErrnoException(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'code' in error && typeof error.code === 'string';
}

/** The message of any thrown value, for log lines. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
