// SPDX-License-Identifier: MIT
/**
 * Makes a fresh checkout ready: Debian packages, npm packages, the addon, the compiled TypeScript.
 * Plain JavaScript without dependencies, because it runs before there are any. Does nothing twice:
 * what is there and newer than its sources is kept.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));

const minimumNode = [20, 19];

/** What the build needs, how to see that it is there, and the Debian package that brings it. */
const buildTools = [
  { package: 'g++', present: () => hasCommand('c++') || hasCommand('g++') },
  { package: 'make', present: () => hasCommand('make') },
  { package: 'cmake', present: () => hasCommand('cmake') },
  { package: 'libxxhash-dev', present: () => existsSync('/usr/include/xxhash.h') },
];

/** What only the tests need. Missing ones skip tests, loudly, and are no reason to stop. */
export const testTools = [{ package: 'clang-format', present: () => hasCommand('clang-format') }];

export class SetupError extends Error {}

/** @param {string} command */
export function hasCommand(command) {
  return spawnSync('sh', ['-c', `command -v ${command}`], { stdio: 'ignore' }).status === 0;
}

/**
 * Runs a step. Its output is shown only if it fails, unless `loud`.
 * @param {string} what @param {string} command @param {readonly string[]} words
 * @param {{loud?: boolean, env?: NodeJS.ProcessEnv}} [options]
 */
export function step(what, command, words, options = {}) {
  console.log(`- ${what}`);
  const done = spawnSync(command, words, {
    cwd: root,
    env: options.env ?? process.env,
    stdio: options.loud ? 'inherit' : ['ignore', 'pipe', 'pipe'],
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  if (done.status === 0) return;
  if (!options.loud) process.stderr.write(`${done.stdout ?? ''}${done.stderr ?? ''}`);
  const ending = done.error?.message ?? done.signal ?? `exit status ${done.status}`;
  throw new SetupError(`failed: ${what} (${command} ${words.join(' ')}: ${ending})`);
}

function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const [wantedMajor, wantedMinor] = minimumNode;
  if (process.platform !== 'linux')
    throw new SetupError('Linux is needed: merging is a kernel feature');
  if (major < wantedMajor || (major === wantedMajor && minor < wantedMinor)) {
    throw new SetupError(
      `Node ${minimumNode.join('.')} or newer is needed, this is ${process.versions.node}`,
    );
  }
}

/**
 * Installs Debian packages that are missing, if this may.
 * @param {readonly {package: string, present: () => boolean}[]} tools
 * @returns {readonly string[]} packages that are still missing
 */
export function installPackages(tools) {
  const missing = tools.filter((tool) => !tool.present()).map((tool) => tool.package);
  if (missing.length === 0) return [];
  if (process.getuid?.() !== 0 || !hasCommand('apt-get')) return missing;
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  step('updating the package lists', 'apt-get', ['update', '-q'], { env });
  step(
    `installing ${missing.join(' ')}`,
    'apt-get',
    ['install', '-y', '-q', '--no-install-recommends', ...missing],
    { env },
  );
  return tools.filter((tool) => !tool.present()).map((tool) => tool.package);
}

/** Newest modification time below the paths, milliseconds; 0 if nothing is there. */
function newest(...paths) {
  let time = 0;
  for (const path of paths.map((each) => join(root, each))) {
    if (!existsSync(path)) continue;
    const status = statSync(path);
    if (!status.isDirectory()) time = Math.max(time, status.mtimeMs);
    else {
      for (const name of readdirSync(path, { recursive: true })) {
        time = Math.max(time, statSync(join(path, String(name))).mtimeMs);
      }
    }
  }
  return time;
}

/** Brings the checkout to the state in which its programs run. */
export function setup() {
  checkNode();
  const missing = installPackages(buildTools);
  if (missing.length > 0) {
    throw new SetupError(
      `missing: ${missing.join(', ')}. Install them as root:\n` +
        `  apt-get install --no-install-recommends ${missing.join(' ')}\n` +
        `and run this again (as root it installs them itself).`,
    );
  }
  if (newest('node_modules/.package-lock.json') < newest('package-lock.json', 'package.json')) {
    step('installing npm packages', 'npm', ['ci', '--no-audit', '--no-fund']);
  }
  if (newest('build/Release/upm.node') < newest('native', 'CMakeLists.txt')) {
    step('building the native addon', 'npm', ['run', 'build:native']);
  }
  step('compiling TypeScript', 'npm', ['run', 'build:ts']);
}

/** Runs a script's main function; a failed set-up is a message, not a stack. */
export async function main(body) {
  try {
    await body();
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await main(() => {
    setup();
    console.log('Ready. Try: npm run demo');
  });
}
