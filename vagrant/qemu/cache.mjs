// SPDX-License-Identifier: MIT
/** Where the rig keeps what is slow to make, and how several runs share it. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import process from 'node:process';
import { progress } from './command.mjs';

export const cache = join(
  process.env.UPM_VM_CACHE || process.env.XDG_CACHE_HOME || join(homedir(), '.cache'),
  'upm-vm',
);

/** A short name for a recipe: another recipe is another entry. @param {unknown} recipe */
export function keyOf(recipe) {
  return createHash('sha256').update(JSON.stringify(recipe)).digest('hex').slice(0, 10);
}

/**
 * Holds a lock between processes. flock(1) holds it for as long as its stdin is open, so it is also
 * given back when this process is killed.
 * @param {string} name
 * @param {{shared?: boolean}} [options]
 * @returns {Promise<() => void>} gives it back
 */
export async function lock(name, options = {}) {
  const kind = options.shared ? '-s' : '-x';
  const quick = await tryLock(name, [kind, '-n']);
  if (quick) return quick;
  progress(`waiting for another run that works on ${name}`);
  const release = await tryLock(name, [kind]);
  if (!release) throw new Error(`cannot lock ${name} in ${cache}`);
  return release;
}

/** The lock for oneself alone if nobody has it now. @param {string} name */
export function lockIfFree(name) {
  return tryLock(name, ['-x', '-n']);
}

/** @returns {Promise<(() => void) | undefined>} */
function tryLock(name, words) {
  const directory = join(cache, 'locks');
  mkdirSync(directory, { recursive: true });
  return new Promise((resolve, reject) => {
    const command = ['sh', '-c', 'echo held; exec cat'];
    const child = spawn('flock', [...words, join(directory, name), ...command], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    child.once('error', reject);
    child.once('exit', () => resolve(undefined));
    child.stdout.once('data', () => resolve(() => child.stdin.end()));
  });
}

/**
 * Makes a directory that is there either whole or not at all. The caller holds a lock, so an unfinished
 * one is what a run left that was killed.
 * @param {string} path
 * @param {(unfinished: string) => Promise<void>} fill
 */
export async function whole(path, fill) {
  mkdirSync(dirname(path), { recursive: true });
  for (const name of readdirSync(dirname(path))) {
    if (!name.startsWith(`${basename(path)}.unfinished-`)) continue;
    rmSync(join(dirname(path), name), { recursive: true, force: true });
  }
  const unfinished = mkdtempSync(`${path}.unfinished-`);
  chmodSync(unfinished, 0o755);
  try {
    await fill(unfinished);
    renameSync(unfinished, path);
  } catch (error) {
    rmSync(unfinished, { recursive: true, force: true });
    throw error;
  }
}
