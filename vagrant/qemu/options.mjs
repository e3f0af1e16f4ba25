// SPDX-License-Identifier: MIT
/** The command line of run.mjs. */
import { resolve } from 'node:path';
import { URL, fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { kernelNames } from './kernels.mjs';

const moduleSources = fileURLToPath(new URL('../../kernel-module', import.meta.url));
const selftest = '/upm/selftest/upm_selftest';
/** What `make check` of the module passes. */
const strict = ['W=1', 'C=2', 'KCFLAGS=-Werror', 'CF=-Wsparse-error'];

export class UsageError extends Error {}

const options = /** @type {const} */ ({
  kernel: { type: 'string', multiple: true },
  cpus: { type: 'string', default: '2' },
  memory: { type: 'string' },
  timeout: { type: 'string', default: '900' },
  icount: { type: 'boolean', default: false },
  settle: { type: 'string' },
  append: { type: 'string', default: '' },
  module: { type: 'string', default: moduleSources },
  make: { type: 'string', multiple: true, default: [] },
  check: { type: 'boolean', default: false },
  file: { type: 'string', multiple: true, default: [] },
  modprobe: { type: 'string', multiple: true, default: [] },
  env: { type: 'string', multiple: true, default: [] },
  root: { type: 'string', multiple: true, default: [] },
  allow: { type: 'string', multiple: true, default: [] },
  'log-dir': { type: 'string' },
});

/**
 * @param {readonly string[]} words
 * @typedef {ReturnType<typeof optionsFrom>} Options
 */
export function optionsFrom(words) {
  const { values, positionals } = parsed(words);
  const kernels = list(values.kernel ?? ['trixie']);
  const unknown = kernels.find((name) => !kernelNames.includes(name));
  if (unknown) throw new UsageError(`no kernel ${unknown}; there are ${kernelNames.join(', ')}`);
  const icount = values.icount;
  const timeout = number('timeout', values.timeout);
  const root = list(values.root);
  return {
    kernels,
    // Counting instructions and several processors exclude each other.
    cpus: icount ? 1 : number('cpus', values.cpus),
    memory: number('memory', values.memory ?? (kernels.includes('debug') ? '2048' : '1024')),
    timeout,
    icount,
    // The clock of a counted guest costs nothing while it idles; what boot left over ends meanwhile.
    settle: number('settle', values.settle ?? (icount ? '30' : '0')),
    dumpAfter: icount ? 0 : Math.max(timeout - 15, 1),
    append: values.append,
    module: resolve(values.module),
    make: [...(values.check ? strict : []), ...values.make],
    files: values.file,
    modules: list(values.modprobe),
    environment: { UPM_KO: '/upm/upm.ko', ...Object.fromEntries(values.env.map(assignment)) },
    root,
    allow: values.allow.map((each) => new RegExp(each)),
    logDirectory: values['log-dir'] && resolve(values['log-dir']),
    program: positionals.length > 0 ? positionals : [selftest],
  };
}

function parsed(words) {
  try {
    return parseArgs({ args: [...words], options, allowPositionals: true });
  } catch (error) {
    throw new UsageError(error.message);
  }
}

/** Options that can be given several times also take commas. */
function list(values) {
  return values.flatMap((each) => each.split(',')).filter(Boolean);
}

function number(name, text) {
  if (!/^\d+$/.test(text)) throw new UsageError(`--${name} takes a number, not ${text}`);
  return Number(text);
}

function assignment(text) {
  const index = text.indexOf('=');
  if (index < 1) throw new UsageError(`--env takes NAME=VALUE, not ${text}`);
  return [text.slice(0, index), text.slice(index + 1)];
}
