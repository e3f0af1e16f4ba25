// SPDX-License-Identifier: MIT
/** What the ksm driver says of itself: to the daemon's API, to metrics and to progress displays. */

/** Settings of /sys/kernel/mm/ksm that the driver changes. */
export interface DrivenSettings {
  /** 0 stopped, 1 running, 2 stopped with everything unmerged. */
  readonly run: number;
  /** Pages per batch. */
  readonly pagesToScan: number;
  /** Sleep between batches, milliseconds. */
  readonly sleepMillisecs: number;
  /** `none` or `scan-time`; absent before kernel 6.8. With an advisor on, pagesToScan is not ours to set. */
  readonly advisorMode?: string;
}

export type DriverMode =
  /** Does not touch ksmd: told so, or ksmd is managed by somebody else. */
  | 'observing'
  /** May drive, and nothing is waiting to be merged. */
  | 'idle'
  /** Runs ksmd hard. */
  | 'driving'
  /** Would drive, but a permission or kernel feature is missing. */
  | 'blocked';

export interface DriverStatus {
  readonly mode: DriverMode;
  /** Why it is in this mode, for people; names the remedy where there is one. */
  readonly reason: string;
  /** It was asked to drive and could not, for a reason that may pass: worth another kick, some time. */
  readonly waiting: boolean;
  /** Full scans of ksmd since the last {@link KsmDriver.kick}; 0 if not driving. */
  readonly scansSinceKick: number;
  /** CPU seconds ksmd used while driven, since the driver was made. */
  readonly ksmdCpuSeconds: number;
  /** Share of one core ksmd used lately, 0 to 1. */
  readonly ksmdCpuShare: number;
  /** What the driver has ksmd set to; undefined while it does not drive. */
  readonly applied: DrivenSettings | undefined;
  /** Merged mappings (pages_shared + pages_sharing + zero pages), bytes. */
  readonly mergedBytes: number;
  /** Completed drives: how many converged, and how many ran into the time limit. */
  readonly converged: number;
  readonly timedOut: number;
}

export type DriveEnd =
  | { readonly kind: 'converged'; readonly seconds: number; readonly ksmdCpuSeconds: number }
  | { readonly kind: 'timeout'; readonly seconds: number; readonly ksmdCpuSeconds: number }
  /** Nothing on this host is open to merging. */
  | { readonly kind: 'nothing-to-do' }
  | { readonly kind: 'observing' | 'blocked'; readonly reason: string }
  | { readonly kind: 'closed' };

/** Runs ksmd while advised memory is not merged yet, and gives it back afterwards. */
export interface KsmDriver {
  status(): DriverStatus;
  /** New advised memory may exist: drive (on). Cheap, idempotent; returns at once. */
  kick(): void;
  /** Resolves at the end of the drive under way (or of the one that {@link kick} just began). */
  settled(): Promise<DriveEnd>;
  /** Stops driving and restores the operator's settings. Idempotent. */
  close(): Promise<void>;
}

/** How much a driver may take over. */
export type DriveDecision =
  /** Never touch ksmd. */
  | 'never'
  /** Drive only if nobody else manages ksmd (run=0 and no advisor). */
  | 'auto'
  /** Drive even if ksmd is managed by somebody else. */
  | 'always';
