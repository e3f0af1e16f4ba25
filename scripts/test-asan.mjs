// SPDX-License-Identifier: MIT
// Builds the addon with AddressSanitizer and UndefinedBehaviorSanitizer into build-asan/ and runs its
// tests against that build. Fails if a test fails, or if any process of the tests leaves a report: a
// memory error, undefined behaviour, or a leak of memory that the addon allocated.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const build = join(root, 'build-asan');
const reports = join(build, 'reports');
const addon = join(build, 'Debug', 'upm.node');

function fail(message) {
  console.error(`test-asan: ${message}`);
  process.exit(1);
}

function run(file, args, environment = {}) {
  const { status, signal, error } = spawnSync(file, args, {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, ...environment },
  });
  if (error) fail(`cannot run ${file}: ${error.message}`);
  return status ?? `signal ${signal}`;
}

/** Path of the sanitizer's library: it must be loaded before anything that allocates. */
function sanitizerLibrary() {
  const compiler = process.env.CXX ?? 'g++';
  const { stdout, error } = spawnSync(compiler, ['-print-file-name=libasan.so'], {
    encoding: 'utf8',
  });
  if (error) fail(`cannot run the compiler ${compiler}: ${error.message}`);
  const path = stdout.trim();
  // A compiler without the library prints the bare name.
  if (!isAbsolute(path) || !existsSync(path)) {
    fail(
      `${compiler} has no libasan.so: install the sanitizer library of the compiler ` +
        '(Debian, Ubuntu: it comes with g++; Fedora: libasan and libubsan; Alpine has none)',
    );
  }
  return path;
}

/**
 * Whether a block of a report concerns us. Node leaves memory of its own at exit, so that a leak counts
 * only if the addon itself asked for the memory: it is then the first module of the stack that is
 * neither the sanitizer nor the C++ runtime.
 */
function concernsAddon(block) {
  if (!/^(Direct|Indirect) leak of /.test(block)) return true;
  const frames = block.split('\n').filter((line) => /^\s*#\d+ /.test(line));
  const owner = frames.find((line) => !/lib(asan|ubsan|stdc\+\+|c)\.so|libsanitizer/.test(line));
  return owner !== undefined && /upm\.node|native\/src\//.test(owner);
}

function findings() {
  return readdirSync(reports).flatMap((name) => {
    const text = readFileSync(join(reports, name), 'utf8');
    const blocks = text
      .split(/\n\s*\n/)
      .map((block) => block.replace(/^=+\n/, '').trim())
      .filter((block) =>
        /^(Direct|Indirect) leak of |ERROR: AddressSanitizer|runtime error:/m.test(block),
      );
    return blocks.filter(concernsAddon).map((block) => `${name}:\n${block}`);
  });
}

const library = sanitizerLibrary();
const cmake = join(root, 'node_modules', '.bin', 'cmake-js');
const built = run(cmake, [
  'compile',
  '-D',
  '-O',
  build,
  '--CDUPM_SANITIZE=ON',
  '--CDUPM_WERROR=ON',
]);
if (built !== 0) fail(`the build ended with ${built}`);
if (run(join(root, 'node_modules', '.bin', 'tsc'), ['-p', root]) !== 0) fail('tsc found errors');
rmSync(reports, { recursive: true, force: true });
mkdirSync(reports, { recursive: true });

const common = `log_path=${join(reports, 'report')}:print_summary=0`;
const status = run(
  process.execPath,
  [
    join(root, 'node_modules', 'ava', 'entrypoints', 'cli.mjs'),
    '--config',
    'ava.unit.config.js',
    '--timeout=5m',
    '--concurrency=2',
    'dist/test/native/*.test.js',
  ],
  {
    UPM_ADDON: addon,
    UPM_SANITIZED: '1',
    LD_PRELOAD: library,
    // Reports go to files, since children of the tests have pipes for standard streams. Exit statuses
    // stay those of the programs, because leaks of Node are no fault; errors abort.
    ASAN_OPTIONS: `${common}:abort_on_error=1:detect_leaks=1:handle_segv=1:allow_user_segv_handler=1`,
    LSAN_OPTIONS: `${common}:exitcode=0`,
    UBSAN_OPTIONS: `${common}:print_stacktrace=1:halt_on_error=1:abort_on_error=1`,
  },
);

const found = findings();
for (const finding of found) console.error(`\n${finding}`);
if (found.length > 0) fail(`${found.length} findings; see build-asan/reports`);
if (status !== 0) fail(`the tests ended with ${status}`);
console.log(`test-asan: no findings in ${readdirSync(reports).length} reports`);
