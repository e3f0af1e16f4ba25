// SPDX-License-Identifier: MIT
/**
 * What a read of /proc or /sys can come back with. A process that vanishes, a file this kernel does
 * not have and a file we may not read are everyday results, not exceptions.
 */

/** A read that did not give a value. */
export interface ReadFailure {
  /**
   * - `absent`: this kernel, or this configuration of it, has no such file;
   * - `gone`: the process ended before or during the read (ENOENT of its folder, ESRCH);
   * - `denied`: permission (EACCES, EPERM);
   * - `invalid`: the content is not what the format promises, or another errno.
   */
  readonly kind: 'absent' | 'gone' | 'denied' | 'invalid';
  readonly path: string;
  /** For people: the errno's text, or what was wrong with the content. */
  readonly message: string;
}

export interface ReadValue<T> {
  readonly kind: 'value';
  readonly value: T;
}

export type Reading<T> = ReadValue<T> | ReadFailure;

/** Where the pseudo file systems are mounted; tests point these at fixtures. */
export interface HostRoots {
  /** Normally `/proc`; `/host/proc` in a container that looks at its host. */
  readonly proc: string;
  /** Normally `/sys`. */
  readonly sys: string;
}

export const hostRoots: HostRoots = { proc: '/proc', sys: '/sys' };
