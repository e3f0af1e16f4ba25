// SPDX-License-Identifier: MIT
/**
 * A Debian system in a directory, one for each release, with the compiler its kernels were built with.
 * Kernel packages are unpacked into it (kernels.mjs) and modules are built in it (build.mjs).
 */
import {
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { cache, keyOf, lock, lockIfFree, whole } from './cache.mjs';
import { capture, progress, Unavailable } from './command.mjs';
import { aptProxies, mirrors } from './host.mjs';

/** Package lists are fetched again when they are older: a new kernel is then noticed. */
const listsAgeHours = 12;

const packages = [
  ...['gcc', 'make', 'libc6-dev', 'kmod', 'xz-utils', 'busybox-static'],
  // A module's source is checked with it.
  'sparse',
  // Tools of the headers package want libelf, and the module's BTF is made by pahole.
  ...['pahole', 'libelf-dev'],
  // To build a kernel, and not only a module.
  ...['bc', 'bison', 'flex', 'libssl-dev', 'perl'],
];

/** @typedef {'bookworm' | 'trixie'} Suite */

export class Chroot {
  /** @param {Suite} suite @param {string} root */
  constructor(suite, root) {
    this.suite = suite;
    this.root = root;
  }

  /** @param {string[]} path a path inside @returns {string} the same from outside */
  path(...path) {
    return join(this.root, ...path);
  }

  /**
   * Runs a command inside, with /proc (objtool reads it). The mounts are in a namespace of their own and
   * end with the command, however it ends.
   * @param {readonly string[]} words
   * @param {{mount?: string, log?: import('node:stream').Writable}} [options] `mount`: a directory of
   *   the host, to be seen at /mnt
   */
  run(words, options = {}) {
    const script = [
      'set -e',
      'mount -t proc proc "$1/proc"',
      'mount --bind /dev "$1/dev"',
      'test -z "$2" || mount --bind "$2" "$1/mnt"',
      'cat /etc/resolv.conf >"$1/etc/resolv.conf" 2>/dev/null || true',
      'root=$1; shift 2; exec chroot "$root" env -i PATH="$PATH" HOME=/root LC_ALL=C "$@"',
    ].join('\n');
    const namespace = ['--mount', '--pid', '--fork', '--kill-child'];
    return capture(
      'unshare',
      [...namespace, 'sh', '-c', script, 'sh', this.root, options.mount ?? '', ...words],
      { log: options.log, name: `in Debian ${this.suite}: ${words.join(' ')}` },
    );
  }

  /** Keeps the directory from being removed. @returns {Promise<() => void>} */
  use() {
    return lock(`use-${this.suite}`, { shared: true });
  }

  /** Fetches the package lists if they are old. Without network the old ones stay. */
  async refresh({ now = false } = {}) {
    const stamp = this.path('var/lib/upm/lists');
    const hours = (Date.now() - statSync(stamp).mtimeMs) / 3_600_000;
    if (!now && hours < listsAgeHours) return;
    progress(`updating the package lists of ${this.suite}`);
    try {
      await this.run(['apt-get', 'update', '-q', '--error-on=any']);
      utimesSync(stamp, new Date(), new Date());
    } catch (error) {
      progress(`that failed, the lists stay ${hours.toFixed(0)} hours old: ${error.message}`);
    }
  }
}

/** @param {Suite} suite @returns {Promise<Chroot>} */
export async function chrootFor(suite) {
  const sources = await sourcesOf(suite);
  const directory = join(cache, 'chroots');
  const root = join(directory, `${suite}-${keyOf({ packages, sources })}`);
  const release = await lock(`make-${suite}`);
  try {
    if (!existsSync(root)) await make(suite, root, sources);
    await removeOthers(suite, directory, root);
  } finally {
    release();
  }
  return new Chroot(suite, root);
}

export async function sourcesOf(suite) {
  const { main, security } = await mirrors();
  return [
    `deb ${main} ${suite} main`,
    ...(security ? [`deb ${security} ${suite}-security main`] : []),
    ...(suite === 'trixie' ? [`deb ${main} trixie-backports main`] : []),
  ].join('\n');
}

async function make(suite, root, sources) {
  progress(`making a Debian ${suite} to build in`);
  const proxies = await aptProxies();
  try {
    await whole(root, async (unfinished) => {
      await capture(
        'mmdebstrap',
        [
          ...['--mode=root', '--variant=minbase', '--quiet', `--include=${packages.join(',')}`],
          '--aptopt=Acquire::Languages "none"',
          '--dpkgopt=force-unsafe-io',
          ...proxies.map((line) => `--aptopt=${line}`),
          ...['--skip=cleanup/apt/lists', suite, unfinished, '-'],
        ],
        { input: sources, name: 'mmdebstrap' },
      );
      const state = join(unfinished, 'var/lib/upm');
      mkdirSync(state, { recursive: true });
      writeFileSync(join(state, 'lists'), '');
    });
  } catch (error) {
    throw new Unavailable(`cannot make a Debian ${suite}: ${error.message}`);
  }
}

/** Systems of an earlier recipe go, unless another run is working in one. */
async function removeOthers(suite, directory, root) {
  const others = readdirSync(directory)
    .filter((name) => name.startsWith(`${suite}-`) && join(directory, name) !== root)
    .map((name) => join(directory, name));
  const free = others.length > 0 ? await lockIfFree(`use-${suite}`) : undefined;
  if (!free) return;
  for (const path of others) rmSync(path, { recursive: true });
  free();
}
