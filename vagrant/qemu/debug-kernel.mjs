// SPDX-License-Identifier: MIT
/**
 * A kernel with the checks that no distribution turns on, built from Debian's source package. That
 * takes long, so the result is kept until the source or the configuration changes.
 */
import { createWriteStream, existsSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname, join } from 'node:path';
import { URL, fileURLToPath } from 'node:url';
import { cache, keyOf, lock, whole } from './cache.mjs';
import { chrootFor } from './chroot.mjs';
import { progress, Unavailable } from './command.mjs';

const source = 'linux-source-6.12';
const fragment = fileURLToPath(new URL('debug-kernel.config', import.meta.url));
const directory = join(cache, 'debug-kernel');

/** @returns {Promise<import('./kernels.mjs').Kernel>} */
export async function debugKernel() {
  const chroot = await chrootFor('trixie');
  await chroot.refresh();
  const path = join(directory, await keyNow(chroot));
  const leave = await chroot.use();
  const release = await lock('debug-kernel');
  try {
    if (!existsSync(path)) {
      await whole(path, (unfinished) => build(chroot, unfinished));
      removeOthers(path);
    }
  } catch (error) {
    leave();
    throw error;
  } finally {
    release();
  }
  return {
    name: 'debug',
    release: readFileSync(join(path, 'release'), 'utf8').trim(),
    image: join(path, 'bzImage'),
    modules: undefined,
    headers: '/mnt/build',
    mount: path,
    // Routing interrupts through ACPI takes this kernel, emulated, half a minute.
    append: 'pci=noacpi',
    chroot,
    leave,
  };
}

/** Whether it is there already, as far as can be told without looking for a newer source. */
export function debugKernelIsBuilt() {
  return existsSync(directory) && readdirSync(directory).some((name) => !name.includes('.'));
}

async function keyNow(chroot) {
  const policy = await chroot.run(['apt-cache', 'policy', source]);
  const version = /Candidate: (\d\S*)/.exec(policy)?.[1];
  if (!version) throw new Unavailable(`no package ${source} in the archive`);
  return keyOf({ version, fragment: readFileSync(fragment, 'utf8') });
}

async function build(chroot, unfinished) {
  progress(`building the debug kernel, which takes long; log: ${directory}.log`);
  const log = createWriteStream(`${directory}.log`);
  const inside = (script) =>
    chroot.run(['sh', '-c', `set -e\n${script}`], { mount: unfinished, log });
  try {
    await inside(`
      cd /mnt
      apt-get download -q -o APT::Sandbox::User=root ${source}
      dpkg-deb --fsys-tarfile ${source}_*.deb | tar -x -O ./usr/src/${source}.tar.xz | tar -x -J
      rm ./*.deb`);
  } catch (error) {
    throw new Unavailable(`cannot fetch ${source}: ${error.message}`);
  }
  await inside(`
    cd /mnt/${source}
    cat >fragment <<'END'\n${readFileSync(fragment, 'utf8')}END
    make tinyconfig
    scripts/kconfig/merge_config.sh -m .config fragment
    make olddefconfig
    cp .config /mnt/config`);
  const lost = lostOptions(
    readFileSync(fragment, 'utf8'),
    readFileSync(join(unfinished, 'config'), 'utf8'),
  );
  if (lost.length > 0) throw new Error(`the debug kernel would lack ${lost.join(', ')}`);
  await inside(`
    cd /mnt/${source}
    nice -n 19 make -j${cpus().length}
    make run-command KBUILD_RUN_COMMAND='$(srctree)/scripts/package/install-extmod-build /mnt/build'
    cp arch/x86/boot/bzImage System.map /mnt
    cp include/config/kernel.release /mnt/release
    rm -r /mnt/${source}`);
  log.end();
}

/**
 * Kconfig drops options without a word when something they depend on is missing.
 * @param {string} wanted @param {string} config
 * @returns {readonly string[]}
 */
export function lostOptions(wanted, config) {
  const has = new Set(config.split('\n'));
  return wanted.split('\n').filter((line) => {
    const off = /^# (CONFIG_\w+) is not set$/.exec(line);
    if (off) return config.includes(`\n${off[1]}=`);
    return line.startsWith('CONFIG_') && !has.has(line);
  });
}

function removeOthers(path) {
  for (const name of readdirSync(directory)) {
    const other = join(dirname(path), name);
    if (other !== path) rmSync(other, { recursive: true, force: true });
  }
}
