// SPDX-License-Identifier: MIT
/**
 * Finds promtool, or takes it out of Debian's package: installing that would start a Prometheus on
 * this machine, of which only the checker is wanted.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { hasCommand } from './setup.mjs';

const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'upm-advise');

/** @returns {string | undefined} a promtool that can be run */
export function findPromtool() {
  if (process.env.UPM_PROMTOOL) return process.env.UPM_PROMTOOL;
  if (hasCommand('promtool')) return 'promtool';
  const path = join(cache, 'usr/bin/promtool');
  if (!existsSync(path) && hasCommand('apt-get') && hasCommand('dpkg-deb')) extract();
  return existsSync(path) ? path : undefined;
}

function extract() {
  console.log('- fetching promtool from the package prometheus');
  mkdirSync(cache, { recursive: true });
  const run = (command, ...words) =>
    spawnSync(command, words, { cwd: cache, stdio: 'ignore' }).status === 0;
  if (!run('apt-get', 'download', 'prometheus')) {
    // The package lists may never have been fetched.
    if (process.getuid?.() !== 0 || !run('apt-get', 'update', '-q')) return;
    run('apt-get', 'download', 'prometheus');
  }
  const file = readdirSync(cache).find((name) => /^prometheus_.*\.deb$/.test(name));
  if (file) run('dpkg-deb', '-x', file, '.');
}

if (import.meta.url === `file://${process.argv[1]}`) console.log(findPromtool() ?? 'none');
