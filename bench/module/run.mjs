#!/usr/bin/env node
// SPDX-License-Identifier: MIT
/**
 * Instructions per page of the kernel module, counted in a virtual machine, beside the published
 * figures of the prototype and of stock KSM: `npm run bench:module [-- --kernel NAME] [--megabytes
 * 20,80,160] [--json]`. A second run with two processors shows whether two callers hinder each other.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = fileURLToPath(new URL('../..', import.meta.url));
const { values } = parseArgs({
  options: {
    kernel: { type: 'string', default: 'trixie' },
    megabytes: { type: 'string', default: '20,80,160' },
    json: { type: 'boolean', default: false },
  },
});

/** What a figure is compared with: case and size of bench/reference/module-instructions.csv. */
const references = {
  first_sighting: 'upm,first_sighting,160',
  merge_third_copy: 'upm,merge_third_copy,80',
  merge_second_copy_both_sides: 'upm,merge_second_copy,80',
  readvise_merged: 'upm,readvise_merged,80',
  readvise_candidate: 'upm,readvise_tracked_unchanged,80',
  cow_write: 'upm,cow_write,80',
};

const sizes = values.megabytes.split(',').map(Number);
/** Five processes with as much, what the kernel keeps beside it, and room. */
const memory = 1024 + 6 * Math.max(...sizes, 80);

/** Runs the benchmark in a guest. @returns {Record<string, unknown>[]} */
function runGuest(program, options, words) {
  const result = spawnSync(
    process.execPath,
    [
      join(root, 'vagrant/qemu/run.mjs'),
      ...['--kernel', values.kernel, '--memory', String(memory), '--timeout', '1800'],
      ...['--file', program, ...options, '--', '/upm/files/upm_bench', '/upm/upm.ko', ...words],
    ],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] },
  );
  if (result.status !== 0) process.exit(result.status ?? 1);
  return result.stdout
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line));
}

function reference(name) {
  const start = references[name];
  if (start === undefined) return '';
  const lines = readFileSync(join(root, 'bench/reference/module-instructions.csv'), 'utf8');
  const line = lines.split('\n').find((each) => each.startsWith(`${start},`));
  return line === undefined ? '' : line.split(',').at(-1);
}

const directory = mkdtempSync(join(tmpdir(), 'upm-bench-'));
try {
  const program = join(directory, 'upm_bench');
  const sources = ['upm_bench.c', 'bench_support.c', 'bench_floors.c'].map((each) =>
    join(root, 'bench/module', each),
  );
  const include = `-I${join(root, 'kernel-module/uapi')}`;
  execFileSync('cc', ['-static', '-O2', include, '-o', program, ...sources], { stdio: 'inherit' });

  const figures = runGuest(program, ['--icount'], sizes.map(String));
  const parallel = runGuest(program, ['--cpus', '2'], ['parallel', '80']);
  if (values.json) {
    console.log(JSON.stringify({ kernel: values.kernel, figures, parallel }, null, 2));
  } else {
    const row = (...cells) =>
      console.log(
        cells[0].padEnd(34) +
          cells
            .slice(1)
            .map((each) => String(each).padStart(14))
            .join(''),
      );
    row('instructions per 4 KiB page', 'megabytes', 'here', 'prototype');
    for (const { case: name, megabytes, instructions } of figures) {
      row(name, megabytes, Math.round(instructions), reference(name));
    }
    for (const { ratio } of parallel) {
      console.log(
        `\ntwo callers, one after the other / at once: ${ratio} (2 is ideal; this one is time)`,
      );
    }
  }
} finally {
  rmSync(directory, { recursive: true });
}
