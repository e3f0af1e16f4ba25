// SPDX-License-Identifier: MIT
/** Public surface of the package. */
export { advise, adviseRegions, unadvise, type AdviseResult, type AdviseTarget } from './advise.js';
export { UpmError, exitStatus, type UpmErrorCode } from './errors.js';
export type {
  Backend,
  BackendCapabilities,
  BackendName,
  HostMergeCounters,
  MergeHost,
  ProcessMergeState,
  RefusedRange,
} from './backends/backend.js';
export { availableBackends, chooseBackend, createBackend, createHost } from './backends/choose.js';
export { createKsmDriver, type KsmDriverOptions } from './backends/ksm/driver.js';
export type { DriveEnd, DriverStatus, KsmDriver } from './backends/ksm/driver-status.js';
export { policies, policyNames, type PolicyName, type SelectionPolicy } from './regions/policy.js';
