// SPDX-License-Identifier: MIT
/** Puts what is known into the metrics. All synchronous: a scrape sees one moment. */
import type { FunctionTotals } from '../accounting/function-totals.js';
import { unreadableReasons, type Snapshot } from '../accounting/snapshot.js';
import type { BackendName, HostMergeCounters } from '../backends/backend.js';
import type { DriverMode, DriverStatus } from '../backends/ksm/driver-status.js';
import type { MetricName } from './declarations.js';
import type { MetricSet } from './metric-set.js';

/** What a scrape shows besides the snapshot. */
export interface DaemonFacts {
  readonly version: string;
  readonly backend: BackendName;
  /** Undefined if the backend has no driver. */
  readonly driver: DriverStatus | undefined;
  readonly samplerCpuSeconds: number;
  readonly seriesDropped: number;
}

const driverModes: readonly DriverMode[] = ['observing', 'idle', 'driving', 'blocked'];

export function fillDaemon(metrics: MetricSet, facts: DaemonFacts): void {
  metrics.put('upm_build_info', { version: facts.version }, 1);
  metrics.put('upm_backend_info', { backend: facts.backend }, 1);
  metrics.put('upm_module_up', {}, facts.backend === 'upm' ? 1 : 0);
  metrics.put('upm_sampler_cpu_seconds_total', {}, facts.samplerCpuSeconds);
  metrics.put('upm_series_dropped_total', {}, facts.seriesDropped);
  if (facts.driver) fillDriver(metrics, facts.driver);
}

function fillDriver(metrics: MetricSet, driver: DriverStatus): void {
  for (const mode of driverModes) {
    metrics.put('upm_ksm_driver_mode', { mode }, mode === driver.mode ? 1 : 0);
  }
  metrics.put('upm_ksmd_cpu_seconds_total', {}, driver.ksmdCpuSeconds);
  metrics.put('upm_ksm_driver_drives_total', { result: 'converged' }, driver.converged);
  metrics.put('upm_ksm_driver_drives_total', { result: 'timeout' }, driver.timedOut);
}

/** Everything of a snapshot but the functions, which are bounded first. */
export function fillSnapshot(metrics: MetricSet, snapshot: Snapshot): void {
  if (snapshot.host.kind === 'value') fillHost(metrics, snapshot.host.value);
  metrics.put('upm_last_sample_timestamp_seconds', {}, snapshot.finishedAt / 1000);
  if (snapshot.oldestSampledAt !== undefined) {
    metrics.put('upm_oldest_sample_timestamp_seconds', {}, snapshot.oldestSampledAt / 1000);
  }
  metrics.put('upm_sample_duration_seconds', {}, snapshot.durationSeconds);
  metrics.put('upm_sampler_deferred_processes', {}, snapshot.deferred);
  for (const reason of unreadableReasons) {
    metrics.put('upm_processes_unreadable', { reason }, snapshot.unreadable[reason]);
  }
  const success = { processes: snapshot.listing, host: snapshot.host };
  for (const [collector, { kind }] of Object.entries(success)) {
    metrics.put('upm_collector_success', { collector }, kind === 'value' ? 1 : 0);
  }
}

function fillHost(metrics: MetricSet, host: HostMergeCounters): void {
  metrics.put('upm_shared_bytes', {}, host.sharedBytes);
  metrics.put('upm_saved_bytes', {}, host.savedBytes);
  metrics.put('upm_unmerge_need_bytes', {}, host.unmergeNeedBytes);
  putIfKnown(metrics, 'upm_metadata_bytes', {}, host.metadataBytes);
  putIfKnown(metrics, 'upm_pages_examined_total', {}, host.pagesExamined);
  const { pagesUnmergedByWrite } = host;
  putIfKnown(metrics, 'upm_pages_unmerged_total', { reason: 'cow' }, pagesUnmergedByWrite);
}

export function fillFunctions(metrics: MetricSet, functions: readonly FunctionTotals[]): void {
  for (const totals of functions) {
    const labels = { namespace: totals.namespace, function: totals.function };
    metrics.put('upm_function_instances', labels, totals.instances);
    // Zero bytes of a function whose instances were not read yet would look like a saving.
    if (totals.sampledInstances === 0) continue;
    metrics.put('upm_function_resident_bytes', labels, totals.residentBytes);
    metrics.put('upm_function_proportional_bytes', labels, totals.proportionalBytes);
    metrics.put('upm_function_unique_bytes', labels, totals.uniqueBytes);
    putIfKnown(metrics, 'upm_function_advised_bytes', labels, totals.advisedBytes);
    putIfKnown(metrics, 'upm_function_merged_bytes', labels, totals.mergedBytes);
    putIfKnown(metrics, 'upm_function_saved_bytes', labels, totals.savedBytes);
  }
}

function putIfKnown<Name extends MetricName>(
  metrics: MetricSet,
  name: Name,
  labels: Parameters<typeof metrics.put<Name>>[1],
  value: number | undefined,
): void {
  if (value !== undefined) metrics.put(name, labels, value);
}
