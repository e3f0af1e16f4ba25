// SPDX-License-Identifier: MIT
/** Makes docs/metrics.md out of the declarations. */
import { metricDeclarations, type MetricDeclaration, type MetricGroup } from './declarations.js';

const groupTitles: Readonly<Record<MetricGroup, string>> = {
  host: 'Host',
  function: 'Functions',
  driver: 'Driver of ksmd',
  daemon: 'The daemon itself',
};

const introduction = `# Metrics

<!-- Made by "node scripts/docs.mjs" from src/metrics/declarations.ts. Do not edit by hand. -->

\`upmd\` serves these at \`/metrics\` in Prometheus' text format. A scrape shows the last sample and reads
nothing of the functions; how old that is, is in \`upm_last_sample_timestamp_seconds\`.

**RSS does not fall when pages merge; PSS does.** Watch \`upm_function_proportional_bytes\` and
\`upm_saved_bytes\`. Never add up RSS as memory in use.

A metric that has no value is left out; it does not read 0. What node_exporter has
(\`node_memory_*\`, \`node_ksmd_*\`) is not repeated here: join on \`instance\`.

With the backends \`ksm\` and \`none\` some things happen where the daemon does not see them. Advice is a
system call inside the function's process, and ksmd merges page by page without a count of attempts.
Therefore these metrics, which need the kernel module, do not exist here: \`upm_advise_calls_total\`,
\`upm_advise_failures_total\`, \`upm_advise_duration_seconds\`, \`upm_pages_merged_total\`,
\`upm_pages_skipped_total\`.
`;

const epilogue = `## Metrics of the process

\`process_*\` and some \`nodejs_*\` come from prom-client and describe the daemon's own process.
`;

/** The page, as Markdown (not yet in the form that prettier gives it). */
export function metricsPage(): string {
  const groups = Object.entries(groupTitles).map(([group, title]) => {
    const rows = declared()
      .filter(([, declaration]) => declaration.group === group)
      .map(([name, declaration]) => row(name, declaration));
    return `## ${title}\n\n| Metric | Type | Labels | Meaning |\n|---|---|---|---|\n${rows.join('\n')}\n`;
  });
  return [introduction, ...groups, epilogue].join('\n');
}

function declared(): readonly (readonly [string, MetricDeclaration])[] {
  return Object.entries(metricDeclarations);
}

function row(name: string, { type, labels, help, missing }: MetricDeclaration): string {
  const labelList = labels.map((label) => `\`${label}\``).join(', ');
  const note = missing === undefined ? '' : ` Left out if ${missing}.`;
  return `| \`${name}\` | ${type} | ${labelList} | ${help}${note} |`;
}
