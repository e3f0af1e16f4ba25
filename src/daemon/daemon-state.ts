// SPDX-License-Identifier: MIT
/** What routes may see of the daemon. All of it answers at once: a request does no I/O on the host. */
import type { Snapshot } from '../accounting/snapshot.js';
import type { BackendName } from '../backends/backend.js';
import type { DriverStatus } from '../backends/ksm/driver-status.js';
import type { Exposition } from '../metrics/exposition.js';

export interface DaemonState {
  readonly version: string;
  readonly backend: BackendName;
  readonly exposition: Exposition;
  /** Undefined until the first round is over. */
  snapshot(): Snapshot | undefined;
  /** Undefined if the backend has no driver. */
  driverStatus(): DriverStatus | undefined;
  /** CPU seconds that sampling used so far. */
  samplerCpuSeconds(): number;
}
