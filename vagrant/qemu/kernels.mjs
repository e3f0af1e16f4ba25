// SPDX-License-Identifier: MIT
/** Debian's kernels by a name for each kind: which package that is today, and its files. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { lock, lockIfFree } from './cache.mjs';
import { chrootFor } from './chroot.mjs';
import { progress, Unavailable } from './command.mjs';
import { debugKernel } from './debug-kernel.mjs';

/**
 * @typedef {object} Kernel
 * @property {string} name
 * @property {string} release what uname -r says
 * @property {string} image
 * @property {string | undefined} modules its directory of modules; undefined if all is built in
 * @property {string} headers where modules are built against it, as a path inside the chroot
 * @property {string | undefined} mount a directory that must be at /mnt for that
 * @property {import('./chroot.mjs').Chroot} chroot
 * @property {string} append what it needs on its command line
 * @property {() => void} leave says that none of these files are needed any more
 */

/** @type {Readonly<Record<string, {suite: import('./chroot.mjs').Suite, from?: string}>>} */
const flavours = {
  bookworm: { suite: 'bookworm' },
  trixie: { suite: 'trixie' },
  backports: { suite: 'trixie', from: 'trixie-backports' },
};

export const kernelNames = [
  ...Object.keys(flavours).flatMap((name) => [name, `${name}-cloud`]),
  'debug',
];

/** @param {string} name @returns {Promise<Kernel>} */
export function kernelFor(name) {
  return name === 'debug' ? debugKernel() : debianKernel(name);
}

/**
 * The kernel and its headers, unpacked in the chroot. Unpacked, not installed: installing would also
 * bring an init system and make a boot image for this directory.
 * @param {string} name
 * @returns {Promise<Kernel>}
 */
async function debianKernel(name) {
  const flavour = flavours[name.replace(/-cloud$/, '')];
  const chroot = await chrootFor(flavour.suite);
  await chroot.refresh();
  const release = await lock(`kernels-${flavour.suite}`);
  try {
    const record = chroot.path('var/lib/upm', `kernel-${name}.json`);
    const had = existsSync(record) ? JSON.parse(readFileSync(record, 'utf8')) : undefined;
    let wanted = await resolve(chroot, name, flavour.from);
    if (had?.packages.join() !== wanted.packages.join()) {
      if (!(await fetchPackages(chroot, name, wanted))) {
        // The archive keeps no old versions: its lists may have moved on.
        await chroot.refresh({ now: true });
        wanted = await resolve(chroot, name, flavour.from);
        if (!(await fetchPackages(chroot, name, wanted))) {
          throw new Unavailable(`cannot fetch the packages of kernel ${wanted.release}`);
        }
      }
      await unpack(chroot, wanted.release);
      writeFileSync(record, JSON.stringify(wanted));
      if (had && had.release !== wanted.release) await remove(chroot, had.release);
    }
    return {
      name,
      release: wanted.release,
      image: imageIn(chroot, wanted.release),
      modules: chroot.path('usr/lib/modules', wanted.release),
      headers: `/usr/src/linux-headers-${wanted.release}`,
      mount: undefined,
      append: '',
      chroot,
      leave: await chroot.use(),
    };
  } finally {
    release();
  }
}

/** Since 6.19 it lies beside the modules. */
function imageIn(chroot, release) {
  const inBoot = chroot.path('boot', `vmlinuz-${release}`);
  return existsSync(inBoot) ? inBoot : chroot.path('usr/lib/modules', release, 'vmlinuz');
}

/** Asks apt which packages the newest kernel of this kind consists of. */
async function resolve(chroot, name, from) {
  const kind = name.endsWith('-cloud') ? 'cloud-amd64' : 'amd64';
  const plan = await chroot.run([
    ...['apt-get', '--simulate', '--no-install-recommends', ...(from ? ['-t', from] : [])],
    ...['install', `linux-image-${kind}`, `linux-headers-${kind}`],
  ]);
  const packages = [...plan.matchAll(/^Inst (\S+) \((\S+)/gm)]
    .filter(([, each]) => /^linux-(image|binary|modules|base|headers|kbuild)-\d/.test(each))
    .map(([, each, version]) => `${each}=${version}`);
  const image = packages.find((each) => each.startsWith('linux-image-'));
  if (!image) throw new Unavailable(`no kernel ${name} in the archive:\n${plan}`);
  return { release: image.replace(/^linux-image-/, '').replace(/=.*/, ''), packages };
}

const downloads = '/var/lib/upm/packages';

/** @returns {Promise<boolean>} whether all could be had */
async function fetchPackages(chroot, name, { release, packages }) {
  progress(`fetching kernel ${name}: ${release}`);
  rmSync(chroot.path(downloads), { recursive: true, force: true });
  mkdirSync(chroot.path(downloads), { recursive: true });
  const command = 'cd "$0" && exec apt-get download -q -o APT::Sandbox::User=root "$@"';
  try {
    await chroot.run(['sh', '-c', command, downloads, ...packages]);
    return true;
  } catch (error) {
    progress(error.message);
    return false;
  }
}

async function unpack(chroot, release) {
  // /lib is a link, which must stay one.
  const script = `set -e
    for package in ${downloads}/*.deb; do
      dpkg-deb --fsys-tarfile "$package" | tar -x -C / --keep-directory-symlink
    done
    rm -r ${downloads}
    depmod ${release}`;
  await chroot.run(['sh', '-c', script]);
}

/** Removes the files of a kernel that has a successor, unless another run may be using them. */
async function remove(chroot, release) {
  const free = await lockIfFree(`use-${chroot.suite}`);
  if (!free) return;
  const paths = ['boot/vmlinuz-', 'boot/config-', 'boot/System.map-', 'usr/lib/modules/'];
  for (const path of [...paths, 'usr/src/linux-headers-']) {
    rmSync(chroot.path(path + release), { recursive: true, force: true });
  }
  free();
}
