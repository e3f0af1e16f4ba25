// SPDX-License-Identifier: MIT
// Renews the generated parts of docs/. Needs a build: it reads what was compiled.
import { readFile, writeFile } from 'node:fs/promises';
import { format, resolveConfig } from 'prettier';
import { withReference } from '../dist/src/daemon/config-reference.js';
import { metricsPage } from '../dist/src/metrics/reference.js';

const page = (name) => new URL(`../docs/${name}`, import.meta.url);

async function write(name, text) {
  const options = await resolveConfig(page(name));
  await writeFile(page(name), await format(text, { ...options, parser: 'markdown' }));
}

await write('metrics.md', metricsPage());
await write('upmd.md', withReference(await readFile(page('upmd.md'), 'utf8')));
