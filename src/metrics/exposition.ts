// SPDX-License-Identifier: MIT
/** The text a scrape gets. One registry for each exposition, so that two daemons can share a process. */
import { collectDefaultMetrics, Registry } from 'prom-client';
import type { FunctionTotals } from '../accounting/function-totals.js';
import type { Snapshot } from '../accounting/snapshot.js';
import type { BackendName } from '../backends/backend.js';
import type { DriverStatus } from '../backends/ksm/driver-status.js';
import { fillDaemon, fillFunctions, fillSnapshot } from './fill.js';
import { createFunctionCap } from './function-cap.js';
import { createMetricSet } from './metric-set.js';

export interface ExpositionOptions {
  readonly version: string;
  readonly backend: BackendName;
  /** Functions that get series. */
  readonly maxFunctions: number;
  /** Undefined if the backend has no driver. */
  readonly driverStatus: () => DriverStatus | undefined;
  readonly samplerCpuSeconds: () => number;
}

export interface Exposition {
  readonly contentType: string;
  /** Takes the result of a round over, which scrapes show from now on. */
  update(snapshot: Snapshot): void;
  /** The metrics of now, in Prometheus' text format. Reads nothing of the host but about itself. */
  render(): Promise<string>;
}

/**
 * Metrics that prom-client measures of this process. The rest of its default set is left out: details
 * of V8's heap, and gauges that end in `_total`.
 */
const ownProcess =
  /^(process_|nodejs_(version_info|gc_duration_seconds|eventloop_lag_p99_seconds|heap_size_))/u;

export function createExposition(options: ExpositionOptions): Exposition {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  for (const { name } of registry.getMetricsAsArray()) {
    if (!ownProcess.test(name)) registry.removeSingleMetric(name);
  }
  const metrics = createMetricSet(registry);
  const cap = createFunctionCap<FunctionTotals>(options.maxFunctions);
  let snapshot: Snapshot | undefined;
  let functions: readonly FunctionTotals[] = [];
  let seriesDropped = 0;
  let queue: Promise<unknown> = Promise.resolve();

  async function fillAndRender(): Promise<string> {
    metrics.clear();
    fillDaemon(metrics, {
      version: options.version,
      backend: options.backend,
      driver: options.driverStatus(),
      samplerCpuSeconds: options.samplerCpuSeconds(),
      seriesDropped,
    });
    if (snapshot) fillSnapshot(metrics, snapshot);
    fillFunctions(metrics, functions);
    return await registry.metrics();
  }

  return {
    contentType: registry.contentType,
    update(next) {
      snapshot = next;
      const { shown, dropped } = cap.choose(next.functions);
      functions = shown;
      seriesDropped += dropped;
    },
    render() {
      // One after another: prom-client reads the values at several moments, and a second scrape that
      // fills them in between would mix two samples.
      const rendered = queue.then(fillAndRender);
      queue = rendered.catch(() => undefined);
      return rendered;
    },
  };
}
