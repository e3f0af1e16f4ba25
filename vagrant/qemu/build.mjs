// SPDX-License-Identifier: MIT
/** Builds the module and its test programs against a kernel, from a copy of the sources. */
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
} from 'node:fs';
import { cpus } from 'node:os';
import { basename, join } from 'node:path';
import process from 'node:process';
import { progress } from './command.mjs';

/** @typedef {import('./initramfs.mjs').Entry} Entry */

/** What a build in the sources themselves left behind. */
const leftOvers = /\.(o|ko|mod|mod\.c|cmd|order|symvers)$|^build$/;
const intermediate = /\.[oad]$/;

/**
 * @param {import('./kernels.mjs').Kernel} kernel
 * @param {string} sources
 * @param {{make?: readonly string[]}} [options] `make`: more words for make, such as W=1
 * @returns {Promise<Map<string, Entry>>} by their paths in the guest: /upm/NAME.ko, /upm/selftest/…
 */
export async function buildModule(kernel, sources, options = {}) {
  const { chroot } = kernel;
  const copy = mkdtempSync(chroot.path('tmp/module-'));
  chmodSync(copy, 0o755);
  try {
    cpSync(sources, copy, {
      recursive: true,
      filter: (path) => !leftOvers.test(basename(path)),
    });
    const inside = `/tmp/${basename(copy)}`;
    const jobs = `-j${cpus().length}`;
    const make = async (...words) => {
      const said = await chroot.run(['sh', '-c', 'exec make "$@" 2>&1', 'sh', jobs, ...words], {
        mount: kernel.mount,
      });
      for (const line of said.split('\n')) {
        if (/\bwarning:/i.test(line)) process.stderr.write(`${line}\n`);
      }
    };
    progress(`building ${basename(sources)} for ${kernel.release}`);
    await make('-C', kernel.headers, `M=${inside}`, ...(options.make ?? []), 'modules');
    const built = new Map();
    for (const name of readdirSync(copy).filter((each) => each.endsWith('.ko'))) {
      built.set(`/upm/${name}`, { data: readFileSync(join(copy, name)) });
    }
    if (existsSync(join(copy, 'selftest/Makefile'))) {
      await make('-C', `${inside}/selftest`, 'CC=gcc');
      const programs = join(copy, 'selftest/build');
      addTree(built, programs, '/upm/selftest', (name) => !intermediate.test(name));
    }
    return built;
  } finally {
    rmSync(copy, { recursive: true });
  }
}

/**
 * @param {Map<string, Entry>} entries @param {string} from @param {string} to
 * @param {(name: string) => boolean} [wanted]
 */
export function addTree(entries, from, to, wanted = () => true) {
  if (!statSync(from).isDirectory()) {
    const executable = (statSync(from).mode & 0o100) !== 0;
    entries.set(to, { data: readFileSync(from), executable });
    return;
  }
  for (const name of readdirSync(from).filter(wanted)) {
    addTree(entries, join(from, name), `${to}/${name}`, wanted);
  }
}
