// SPDX-License-Identifier: MIT
/**
 * `npm test`: set-up, then every suite; the last line adds them up. `--all` also runs the long suites,
 * as long as there is time for them.
 */
import { spawn } from 'node:child_process';
import { main, hasCommand, installPackages, root, setup, testTools } from './setup.mjs';
import { findPromtool } from './promtool.mjs';
import { debugKernelIsBuilt } from '../vagrant/qemu/debug-kernel.mjs';
import { countTap } from './vm-tap.mjs';

const startedAt = Date.now();
/** Long suites are not started later than this: what calls us ends after 90. */
const longLimitMinutes = 60;
/** Building that kernel may take a slow machine half an hour, and testing on it ten minutes. */
const debugKernelLimitMinutes = debugKernelIsBuilt() ? 70 : 50;

/**
 * @typedef {{passed: number, failed: number, skipped: number}} Counts
 * @typedef {{name: string, command: readonly string[], long?: boolean, count: 'ava' | 'tap' | 'exit',
 *   startBy?: number, unless?: () => string | undefined}} Suite
 */

/** @type {readonly Suite[]} */
const suites = [
  {
    name: 'format',
    command: ['npx', 'prettier', '--check', '.', '--log-level', 'warn'],
    count: 'exit',
  },
  {
    name: 'format of C++',
    command: ['sh', '-c', 'clang-format --dry-run -Werror native/src/*'],
    count: 'exit',
    unless: () => (hasCommand('clang-format') ? undefined : 'clang-format is not installed'),
  },
  { name: 'lint', command: ['npx', 'eslint', '.'], count: 'exit' },
  { name: 'unit', command: ['npx', 'ava', '--config', 'ava.unit.config.js'], count: 'ava' },
  {
    name: 'integration',
    command: ['npx', 'ava', '--config', 'ava.integration.config.js'],
    count: 'ava',
  },
  {
    name: 'kernel module on 6.12',
    command: ['npm', 'run', '--silent', 'test:vm', '--', '--env', 'UPM_TEST_SLOW=3'],
    count: 'tap',
  },
  {
    name: 'kernel module on 6.1 and 7.x',
    command: [
      'npm',
      'run',
      '--silent',
      'test:vm',
      '--',
      '--kernel',
      'bookworm,backports',
      '--env',
      'UPM_TEST_SLOW=3',
    ],
    count: 'tap',
    long: true,
  },
  {
    name: 'addon under AddressSanitizer',
    command: ['npm', 'run', 'test:asan'],
    count: 'ava',
    long: true,
  },
  { name: 'scrape benchmark', command: ['npm', 'run', 'bench:scrape'], count: 'exit', long: true },
  {
    name: 'kernel module on a debug kernel',
    command: ['npm', 'run', '--silent', 'test:kernel-debug'],
    count: 'tap',
    long: true,
    startBy: debugKernelLimitMinutes,
  },
];

/** Runs a command, shows its output, and returns it. */
function run(command, env) {
  return new Promise((resolve) => {
    const [file, ...words] = command;
    const child = spawn(file, words, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const [from, to] of [
      [child.stdout, process.stdout],
      [child.stderr, process.stderr],
    ]) {
      from.on('data', (data) => {
        output += data;
        to.write(data);
      });
    }
    child.once('error', (error) => resolve({ status: 1, output: error.message }));
    child.once('close', (status) => resolve({ status: status ?? 1, output }));
  });
}

/** Adds up the closing lines of ava: "12 tests passed", "1 uncaught exception". */
function countAva(output, status) {
  const sum = (pattern) =>
    [...output.matchAll(pattern)].reduce((total, match) => total + Number(match[1]), 0);
  const counts = {
    // A run with a failure does not say how many passed, but it marks each.
    passed: sum(/^\s*(\d+) tests? passed/gm) || [...output.matchAll(/^\s*✔ /gm)].length,
    failed: sum(
      /^\s*(\d+) (?:tests? failed|uncaught exceptions?|unhandled rejections?|tests? remained pending)/gm,
    ),
    skipped: sum(/^\s*(\d+) tests? (?:skipped|todo)/gm),
  };
  // A suite that ends badly without naming a test has failed all the same.
  if (status !== 0 && counts.failed === 0) counts.failed = 1;
  if (status === 0 && counts.passed === 0) counts.failed += 1;
  return counts;
}

/** A suite that is one test. */
function countExit(output, status) {
  return { passed: status === 0 ? 1 : 0, failed: status === 0 ? 0 : 1, skipped: 0 };
}

const counters = { ava: countAva, tap: countTap, exit: countExit };

await main(async () => {
  const all = process.argv.includes('--all');
  setup();
  const missing = installPackages(testTools);
  for (const name of missing) console.log(`- ${name} is missing, and only root can install it`);
  const promtool = findPromtool();
  const env = {
    ...process.env,
    FORCE_COLOR: '0',
    UPM_FUZZ_RUNS: '20000',
    ...(promtool ? { UPM_PROMTOOL: promtool } : {}),
  };

  const total = { passed: 0, failed: 0, skipped: 0 };
  const reasons = [];
  const failed = [];
  for (const suite of suites.filter((each) => all || !each.long)) {
    const minutes = (Date.now() - startedAt) / 60_000;
    const unless =
      suite.long && minutes > (suite.startBy ?? longLimitMinutes)
        ? `no time left after ${minutes.toFixed(0)} minutes`
        : suite.unless?.();
    if (unless) {
      total.skipped += 1;
      reasons.push(`${suite.name}: ${unless}`);
      continue;
    }
    console.log(`\n== ${suite.name}`);
    const { status, output } = await run(suite.command, env);
    const counts = counters[suite.count](output, status);
    for (const key of Object.keys(total)) total[key] += counts[key];
    if (counts.failed > 0) failed.push(suite.name);
    reasons.push(...[...output.matchAll(/SKIP-REASON (.*)/g)].map((match) => match[1].trim()));
    reasons.push(...(counts.reasons ?? []).map((reason) => `${suite.name}: ${reason}`));
  }

  console.log('');
  if (reasons.length > 0) console.log(`Skipped:\n  ${[...new Set(reasons)].join('\n  ')}`);
  if (failed.length > 0) console.log(`Failed suites: ${failed.join(', ')}`);
  console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
  process.exitCode = total.failed === 0 ? 0 : 1;
});
