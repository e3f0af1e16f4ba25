// SPDX-License-Identifier: MIT
import test from 'ava';
import { readFile } from 'node:fs/promises';
import { format, resolveConfig } from 'prettier';
import { metricDeclarations, type MetricDeclaration } from '../../src/metrics/declarations.js';
import { metricsPage } from '../../src/metrics/reference.js';

const declared: readonly (readonly [string, MetricDeclaration])[] =
  Object.entries(metricDeclarations);

test('names follow the conventions of Prometheus', (t) => {
  for (const [name, { type }] of declared) {
    t.regex(name, /^upm_[a-z]+(_[a-z]+)*$/u, name);
    t.is(name.endsWith('_total'), type === 'counter', name);
    t.notRegex(name, /_(kb|mb|kilobytes|ms|milliseconds|percent|type)(_|$)/u, name);
  }
});

test('every metric says in a sentence what it is', (t) => {
  for (const [name, { help }] of declared) {
    t.regex(help, /^[A-Z].{15,}\.$/u, name);
    t.false(help.includes('|'), `${name}: would break the table`);
  }
});

test('docs/metrics.md is what the declarations say', async (t) => {
  const path = new URL('../../../docs/metrics.md', import.meta.url);
  const options = await resolveConfig(path);
  const expected = await format(metricsPage(), { ...options, parser: 'markdown' });
  t.is(await readFile(path, 'utf8'), expected, 'run "node scripts/docs.mjs"');
});
