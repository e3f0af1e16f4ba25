// SPDX-License-Identifier: MIT
/** Writes an initramfs: a cpio archive in the "newc" form, which is all the kernel unpacks. */

import { Buffer } from 'node:buffer';

/**
 * @typedef {{data: Buffer, executable?: boolean} | {link: string} | {device: [number, number]}} Entry
 */

const kinds = { directory: 0o040755, link: 0o120777, device: 0o020600, file: 0o100644 };

/**
 * @param {ReadonlyMap<string, Entry>} entries by absolute path; directories come by themselves
 * @returns {Buffer}
 */
export function initramfs(entries) {
  const parts = [];
  const made = new Set();
  let inode = 0;
  const add = (name, mode, data, [major, minor] = [0, 0]) => {
    inode += 1;
    const bytes = Buffer.from(`${name}\0`);
    const fields = [inode, mode, 0, 0, 1, 0, data.length, 0, 0, major, minor, bytes.length, 0];
    const header = fields.map((field) => field.toString(16).padStart(8, '0')).join('');
    parts.push(...padded([Buffer.from(`070701${header}`), bytes]), ...padded([data]));
  };
  const addParents = (name) => {
    const words = name.split('/').slice(0, -1);
    for (let depth = 1; depth <= words.length; depth += 1) {
      const parent = words.slice(0, depth).join('/');
      if (made.has(parent)) continue;
      made.add(parent);
      add(parent, kinds.directory, Buffer.alloc(0));
    }
  };
  for (const [path, entry] of entries) {
    const name = path.replace(/^\/+/, '');
    addParents(name);
    if ('link' in entry) add(name, kinds.link, Buffer.from(entry.link));
    else if ('device' in entry) add(name, kinds.device, Buffer.alloc(0), entry.device);
    else add(name, entry.executable ? kinds.file | 0o111 : kinds.file, entry.data);
  }
  add('TRAILER!!!', 0, Buffer.alloc(0));
  return Buffer.concat(parts);
}

/** Names and contents end at a multiple of four bytes. @param {Buffer[]} buffers */
function padded(buffers) {
  const length = buffers.reduce((sum, each) => sum + each.length, 0);
  return [...buffers, Buffer.alloc((4 - (length % 4)) % 4)];
}
