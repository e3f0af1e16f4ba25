// SPDX-License-Identifier: MIT
/**
 * The second kind of guest: a root file system made of Debian packages, for programs that need more
 * than an initramfs. Made without mounting anything, and kept.
 */
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { cache, keyOf, lock, whole } from './cache.mjs';
import { sourcesOf } from './chroot.mjs';
import { capture, progress, Unavailable } from './command.mjs';
import { aptProxies } from './host.mjs';

/** Room for what the guest writes. */
const spareMebibytes = 1024;

/**
 * @param {import('./chroot.mjs').Suite} suite
 * @param {readonly string[]} packages besides the smallest system
 * @returns {Promise<string>} path of an ext4 image
 */
export async function rootDisk(suite, packages) {
  const sources = await sourcesOf(suite);
  const path = join(cache, 'roots', `${suite}-${keyOf({ packages, sources })}`);
  const release = await lock(`roots-${suite}`);
  try {
    if (!existsSync(path)) {
      progress(`making a root file system with ${packages.join(', ')}`);
      await whole(path, (unfinished) => make(suite, packages, sources, unfinished));
    }
  } catch (error) {
    throw new Unavailable(`cannot make a root file system: ${error.message}`);
  } finally {
    release();
  }
  return join(path, 'root.ext4');
}

async function make(suite, packages, sources, directory) {
  const tree = join(directory, 'tree');
  const proxies = await aptProxies();
  await capture(
    'mmdebstrap',
    [
      ...['--mode=root', '--variant=minbase', '--quiet', `--include=${packages.join(',')}`],
      ...['--aptopt=Acquire::Languages "none"', '--dpkgopt=force-unsafe-io'],
      ...proxies.map((line) => `--aptopt=${line}`),
      ...[suite, tree, '-'],
    ],
    { input: sources, name: 'mmdebstrap' },
  );
  const kibibytes = Number((await capture('du', ['-sk', tree])).split('\t')[0]);
  const size = Math.ceil((kibibytes / 1024) * 1.15) + spareMebibytes;
  const image = join(directory, 'root.ext4');
  await capture('/sbin/mke2fs', ['-q', '-t', 'ext4', '-d', tree, image, `${size}M`]);
  rmSync(tree, { recursive: true });
}
