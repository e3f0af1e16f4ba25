// SPDX-License-Identifier: MIT
/** What the doctor has to say about one thing. */
export interface Finding {
  /** Short and stable: scripts may look for it. */
  readonly check: string;
  /**
   * - `ok`: works;
   * - `note`: works, with a consequence worth knowing;
   * - `problem`: something does not work; `remedy` says what to do.
   */
  readonly status: 'ok' | 'note' | 'problem';
  readonly finding: string;
  readonly remedy?: string;
}
