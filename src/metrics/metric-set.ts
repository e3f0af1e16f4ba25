// SPDX-License-Identifier: MIT
/**
 * The declared metrics as prom-client objects. A scrape fills them anew: whatever is not put again,
 * such as a function that ended, is gone, and a metric without a value does not show at all.
 */
import { Counter, Gauge, type Registry } from 'prom-client';
import {
  metricDeclarations,
  type LabelsOf,
  type MetricDeclaration,
  type MetricName,
} from './declarations.js';

export interface MetricSet {
  /** Takes all values away. */
  clear(): void;
  /** Sets a value: for a counter, its total. Each metric and label set at most once after clear. */
  put<Name extends MetricName>(name: Name, labels: LabelsOf<Name>, value: number): void;
}

/** Makes the metrics. They are in the registry only while they have values. */
export function createMetricSet(registry: Registry): MetricSet {
  const metrics = new Map<string, Gauge | Counter>();
  for (const [name, declaration] of Object.entries(metricDeclarations)) {
    metrics.set(name, createMetric(name, declaration));
  }
  return {
    clear() {
      for (const [name, metric] of metrics) {
        metric.reset();
        registry.removeSingleMetric(name);
      }
    },
    put(name, labels, value) {
      const metric = metrics.get(name);
      if (metric instanceof Gauge) metric.set(labels, value);
      // A counter was reset to nothing, so adding its total sets it.
      else metric?.inc(labels, value);
      if (metric) registry.registerMetric(metric);
    },
  };
}

function createMetric(name: string, declaration: MetricDeclaration): Gauge | Counter {
  const options = {
    name,
    help: declaration.help,
    labelNames: declaration.labels,
    registers: [],
  };
  return declaration.type === 'gauge' ? new Gauge(options) : new Counter(options);
}
