// SPDX-License-Identifier: MIT
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { makeImages } from '../../demo/images.js';

test('the same pictures are made each time', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'demo-images-'));
  t.teardown(() => rm(folder, { recursive: true }));
  const first = await makeImages(join(folder, 'first'));
  const second = await makeImages(join(folder, 'second'));
  t.deepEqual(
    first.map(({ lines }) => lines),
    second.map(({ lines }) => lines),
  );
  for (const [index, { file }] of first.entries()) {
    const other = second[index];
    t.truthy(other);
    if (other !== undefined) t.deepEqual(await readFile(file), await readFile(other.file));
  }
});

test('pictures are PNG files with at least one line each', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'demo-images-'));
  t.teardown(() => rm(folder, { recursive: true }));
  for (const { file, lines } of await makeImages(folder)) {
    t.is((await readFile(file)).toString('latin1', 1, 4), 'PNG', file);
    t.true(lines.length > 0);
  }
});
