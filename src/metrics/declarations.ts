// SPDX-License-Identifier: MIT
/**
 * Every metric of ours, as data: what is registered, what docs/metrics.md lists, what the tests
 * check. Names follow prometheus.io/docs/practices/naming.
 */

export type MetricGroup = 'host' | 'function' | 'driver' | 'daemon';

export interface MetricDeclaration {
  readonly type: 'gauge' | 'counter';
  readonly group: MetricGroup;
  readonly labels: readonly string[];
  /** One sentence or two, for people. */
  readonly help: string;
  /** When there is no value; absent if there always is one once the first round is over. */
  readonly missing?: string;
}

const functionLabels = ['namespace', 'function'] as const;

export const metricDeclarations = {
  upm_build_info: {
    type: 'gauge',
    group: 'host',
    labels: ['version'],
    help: 'Version of upmd; always 1.',
  },
  upm_backend_info: {
    type: 'gauge',
    group: 'host',
    labels: ['backend'],
    help: 'How memory is merged on this host: "upm" (the kernel module), "ksm" (stock kernel) or "none"; always 1.',
  },
  upm_module_up: {
    type: 'gauge',
    group: 'host',
    labels: [],
    help: 'Whether the kernel module upm is loaded and answers: 1 or 0.',
  },
  upm_shared_bytes: {
    type: 'gauge',
    group: 'host',
    labels: [],
    help: 'Memory in merged frames that is kept, on the whole host. Each frame stands for equal pages.',
    missing: 'the counters of the kernel cannot be read',
  },
  upm_saved_bytes: {
    type: 'gauge',
    group: 'host',
    labels: [],
    help: 'Memory not used thanks to merging, on the whole host: references beyond the first of each merged frame, and pages replaced by the zero page. What the kernel spends on it is in upm_metadata_bytes.',
    missing: 'the counters of the kernel cannot be read',
  },
  upm_unmerge_need_bytes: {
    type: 'gauge',
    group: 'host',
    labels: [],
    help: 'Memory that would be needed at once if every process wrote to its merged pages. Compare with MemAvailable.',
    missing: 'the counters of the kernel cannot be read',
  },
  upm_metadata_bytes: {
    type: 'gauge',
    group: 'host',
    labels: [],
    help: 'Memory the kernel spends on its own records of merged and candidate pages. More than upm_saved_bytes means that merging costs more than it brings.',
    missing: 'the kernel does not tell (before 6.4)',
  },
  upm_pages_examined_total: {
    type: 'counter',
    group: 'host',
    labels: [],
    help: 'Pages that the kernel compared while looking for equal ones, since boot.',
    missing: 'the kernel does not count them (before 6.6)',
  },
  upm_pages_unmerged_total: {
    type: 'counter',
    group: 'host',
    labels: ['reason'],
    help: 'Merged pages that became private again, since boot. Reason "cow": a process wrote to the page.',
    missing: 'the kernel does not count them (before 5.18)',
  },
  upm_function_instances: {
    type: 'gauge',
    group: 'function',
    labels: functionLabels,
    help: 'Processes that belong to the function.',
  },
  upm_function_resident_bytes: {
    type: 'gauge',
    group: 'function',
    labels: functionLabels,
    help: 'Sum of RSS. Counts a shared page once for each instance and does not fall when pages merge: not a measure of memory in use.',
  },
  upm_function_proportional_bytes: {
    type: 'gauge',
    group: 'function',
    labels: functionLabels,
    help: 'Sum of PSS: memory in use, each shared page divided among its users. Falls when pages merge.',
  },
  upm_function_unique_bytes: {
    type: 'gauge',
    group: 'function',
    labels: functionLabels,
    help: 'Sum of USS: memory that no other process shares, and that would be free if the instance ended.',
  },
  upm_function_advised_bytes: {
    type: 'gauge',
    group: 'function',
    labels: functionLabels,
    help: 'Resident anonymous memory that is open to merging.',
    missing: 'it cannot be told for any instance',
  },
  upm_function_merged_bytes: {
    type: 'gauge',
    group: 'function',
    labels: functionLabels,
    help: 'Memory that is mapped to merged frames. It still counts as resident.',
    missing: 'the kernel does not tell for any instance',
  },
  upm_function_saved_bytes: {
    type: 'gauge',
    group: 'function',
    labels: functionLabels,
    help: "The function's share of upm_saved_bytes: each reference to a merged frame saves the same part of it. Adds up to upm_saved_bytes if all merged processes belong to functions.",
    missing: 'the kernel does not tell for any instance, or not for the host',
  },
  upm_ksm_driver_mode: {
    type: 'gauge',
    group: 'driver',
    labels: ['mode'],
    help: 'What the driver of ksmd does, 1 for the current mode: "observing" (leaves ksmd alone), "idle" (nothing to merge), "driving" (runs ksmd hard) or "blocked" (would drive, but something is missing).',
    missing: 'the backend is not ksm',
  },
  upm_ksmd_cpu_seconds_total: {
    type: 'counter',
    group: 'driver',
    labels: [],
    help: 'CPU time that ksmd used while this daemon drove it.',
    missing: 'the backend is not ksm',
  },
  upm_ksm_driver_drives_total: {
    type: 'counter',
    group: 'driver',
    labels: ['result'],
    help: 'Times that ksmd was driven to an end: "converged" (all advised memory was looked at) or "timeout".',
    missing: 'the backend is not ksm',
  },
  upm_last_sample_timestamp_seconds: {
    type: 'gauge',
    group: 'daemon',
    labels: [],
    help: 'When the last round of sampling ended, seconds since the epoch.',
  },
  upm_oldest_sample_timestamp_seconds: {
    type: 'gauge',
    group: 'daemon',
    labels: [],
    help: 'When the oldest process sample in the sums was taken, seconds since the epoch. Processes that are slow to read are read less often.',
    missing: 'no process was sampled',
  },
  upm_sample_duration_seconds: {
    type: 'gauge',
    group: 'daemon',
    labels: [],
    help: 'How long the last round of sampling took, pauses to keep within the CPU budget included.',
  },
  upm_sampler_cpu_seconds_total: {
    type: 'counter',
    group: 'daemon',
    labels: [],
    help: 'CPU time charged to sampling; its rate stays below sampler.cpuBudget.',
  },
  upm_sampler_deferred_processes: {
    type: 'gauge',
    group: 'daemon',
    labels: [],
    help: 'Instances that were due in the last round and did not get their turn within the CPU budget. They come first in the next.',
  },
  upm_processes_unreadable: {
    type: 'gauge',
    group: 'daemon',
    labels: ['reason'],
    help: 'Instances whose memory could not be read: "denied" (permission), "gone" (ended meanwhile, last round), "absent" (the kernel lacks the file), "invalid" (unexpected content) or "limit" (more than sampler.maxProcesses).',
  },
  upm_collector_success: {
    type: 'gauge',
    group: 'daemon',
    labels: ['collector'],
    help: 'Whether a source could be read in the last round, 1 or 0: "processes" (the list of processes) and "host" (the counters of the kernel).',
  },
  upm_series_dropped_total: {
    type: 'counter',
    group: 'daemon',
    labels: [],
    help: 'Functions left out of these metrics because functions.maxSeries was reached; each counts once a round.',
  },
} as const satisfies Readonly<Record<string, MetricDeclaration>>;

export type MetricName = keyof typeof metricDeclarations;

/** Labels of a metric, each with its value. */
export type LabelsOf<Name extends MetricName> = Readonly<
  Record<(typeof metricDeclarations)[Name]['labels'][number], string>
>;
