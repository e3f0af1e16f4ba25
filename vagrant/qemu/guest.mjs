// SPDX-License-Identifier: MIT
/**
 * What a guest boots into: an initramfs with init.sh, the module and its tests, and a plan of what to
 * do. With a root disk (root-disk.mjs) the program runs in that Debian system, else in the initramfs.
 */
import { Buffer } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { URL, fileURLToPath } from 'node:url';
import { bootModules } from './boot-modules.mjs';
import { addTree } from './build.mjs';
import { initramfs } from './initramfs.mjs';

/** For tests that swap and that poison pages; not every kernel has them. */
const testModules = ['zram', 'hwpoison_inject'];

const init = fileURLToPath(new URL('init.sh', import.meta.url));

/**
 * @typedef {object} Task
 * @property {readonly string[]} program with its arguments
 * @property {Readonly<Record<string, string>>} environment
 * @property {readonly string[]} modules the kernel's own modules to load first
 * @property {ReadonlyMap<string, Buffer>} rigModules modules of the rig itself, by file name
 * @property {readonly string[]} files HOST or HOST:GUEST, files or directories to bring along
 * @property {boolean} disk whether there is a root disk
 * @property {number} settle seconds to wait before the program starts
 * @property {number} dumpAfter seconds after which the guest says what is stuck; 0 for never
 */

/**
 * @param {import('./kernels.mjs').Kernel} kernel
 * @param {ReadonlyMap<string, import('./initramfs.mjs').Entry>} built
 * @param {Task} task
 * @returns {Promise<Buffer>}
 */
export async function guestImage(kernel, built, task) {
  const wanted = ['virtio_pci', 'virtio_console', ...(task.disk ? ['virtio_blk', 'ext4'] : [])];
  // Older kernels look for ext4's checksum and zram's compression by name, without a dependency.
  const optional = [...testModules, 'lzo_rle', ...(task.disk ? ['crc32c_generic'] : [])];
  const modules = new Map([
    ...task.rigModules,
    ...(await bootModules(kernel, [...wanted, ...task.modules], optional)),
  ]);
  const entries = new Map([
    ['/init', { data: readFileSync(init), executable: true }],
    ['/bin/busybox', { data: readFileSync(kernel.chroot.path('bin/busybox')), executable: true }],
    ['/dev/console', { device: [5, 1] }],
    [
      '/etc/passwd',
      { data: Buffer.from('root:x:0:0::/root:/bin/sh\nnobody:x:65534:65534::/:/\n') },
    ],
    ['/etc/group', { data: Buffer.from('root:x:0:\nnogroup:x:65534:\n') }],
    ['/upm/plan', { data: Buffer.from(plan(task, [...modules.keys()])) }],
    ...[...modules].map(([name, data]) => [`/lib/boot-modules/${name}`, { data }]),
    ...built,
  ]);
  for (const each of task.files) {
    const [host, guest = `/upm/files/${basename(host)}`] = each.split(':');
    addTree(entries, host, guest);
  }
  return initramfs(entries);
}

/** Shell, because the init that reads it is. */
function plan(task, bootOrder) {
  return [
    `boot_modules=${quoted(bootOrder.join(' '))}`,
    `root_disk=${task.disk ? '/dev/vda' : ''}`,
    `settle=${task.settle}`,
    `dump_after=${task.dumpAfter}`,
    ...Object.entries(task.environment).map(([name, value]) => `export ${name}=${quoted(value)}`),
    `set -- ${task.program.map(quoted).join(' ')}`,
    '',
  ].join('\n');
}

/** @param {string} text */
function quoted(text) {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
