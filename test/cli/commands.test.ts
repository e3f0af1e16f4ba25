// SPDX-License-Identifier: MIT
/** Bad input gives one clear line and the documented status; good input the right numbers. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { runCli, type Ended } from './run-cli.js';

const { pid: deadPid } = spawnSync('true');

const mistakes: readonly (readonly [
  what: string,
  words: readonly string[],
  status: number,
  line: RegExp,
])[] = [
  ['an unknown command', ['frobnicate'], 64, /unknown command 'frobnicate'/],
  ['an unknown option', ['doctor', '--frobnicate'], 64, /unknown option '--frobnicate'/],
  ['no command to run', ['run'], 64, /missing required argument 'command'/],
  ['an empty command', ['run', '--', ''], 64, /no command given/],
  [
    'a mode there is not',
    ['run', '--mode', 'half', 'true'],
    64,
    /Allowed choices are auto, process, regions/,
  ],
  ['no pid', ['report'], 64, /missing required argument 'pid'/],
  ['a pid that is no number', ['report', '12x'], 64, /a process id is a positive number/],
  ['pid 0', ['report', '0'], 64, /a process id is a positive number/],
  ['a dead pid', ['report', String(deadPid)], 66, new RegExp(`no process ${deadPid}`)],
  [
    'a backend there is not',
    ['report', '--backend', 'magic', '1'],
    64,
    /Allowed choices are ksm, none/,
  ],
];

for (const [what, words, status, line] of mistakes) {
  test(`${what} ends with status ${status} and one line`, (t) => {
    const ended = runCli(words);
    t.is(ended.status, status);
    t.is(ended.stdout, '');
    t.regex(ended.stderr, line);
    t.regex(ended.stderr, /^upm-advise: .*\n$/);
  });
}

test('without a command the usage is shown, as an error', (t) => {
  const ended = runCli([]);
  t.is(ended.status, 64);
  t.regex(ended.stderr, /^Usage: upm-advise/);
});

test('help and version are no errors', (t) => {
  t.like(runCli(['--help']), { status: 0, stderr: '' });
  t.like(runCli(['run', '--help']), { status: 0, stderr: '' });
  t.regex(runCli(['--version']).stdout, /^\d+\.\d+\.\d+\n$/);
});

test('a report adds up: what its kinds hold is what the process holds', (t) => {
  const { stdout, status } = runCli(['report', '--json', String(process.pid)]);
  t.is(status, 0);
  interface Kind {
    readonly rssBytes: number;
    readonly pssBytes: number;
  }
  const document = JSON.parse(stdout) as {
    readonly processes: readonly (Kind & {
      readonly pid: number;
      readonly kinds: readonly Kind[];
    })[];
  };
  const [report] = document.processes;
  t.is(report?.pid, process.pid);
  const rss = report?.kinds.reduce((sum, kind) => sum + kind.rssBytes, 0) ?? 0;
  // The process goes on while it is read.
  t.true(Math.abs(rss - (report?.rssBytes ?? 0)) < 16 * 1024 * 1024);
  t.true((report?.pssBytes ?? Infinity) <= (report?.rssBytes ?? 0));
});

test('tables name their unit and explain RSS', (t) => {
  const { stdout } = runCli(['report', '--regions', String(process.pid), String(process.pid)]);
  t.regex(stdout, /MiB/);
  t.regex(stdout, /does not fall when pages merge/);
  t.is(stdout.match(/by kind of region/g)?.length, 1, 'a pid given twice is reported once');
});

test('the doctor names each thing once, with a remedy for every problem', (t) => {
  const { stdout } = runCli(['doctor', '--json']);
  const findings = JSON.parse(stdout) as readonly {
    readonly check: string;
    readonly status: string;
    readonly remedy?: string;
  }[];
  t.is(new Set(findings.map((finding) => finding.check)).size, findings.length);
  for (const finding of findings.filter((each) => each.status === 'problem')) {
    t.truthy(finding.remedy, finding.check);
  }
});

test('the doctor changes nothing and finds a missing addon', (t) => {
  const ended = runCli(['doctor'], { ...process.env, UPM_ADDON: '/nonexistent/upm.node' });
  t.is(ended.status, 69);
  t.regex(ended.stdout, /problem.*addon: cannot load the native addon/);
});

test('restore without a record says so', (t) => {
  const file = join(tmpdir(), `upm-no-record-${process.pid}.json`);
  t.like(runCli(['restore', '--state-file', file]), {
    status: 0,
    stdout: `nothing to restore: there is no record in ${file}\n`,
  });
  t.false(existsSync(file));
});

const root = process.getuid?.() === 0;
const rootTest = root ? test : test.skip;
if (!root) console.log('SKIP-REASON access of another user: only root can become one');

/** Runs the command as nobody; the package must be readable for that. */
function runAsNobody(words: readonly string[]): Ended {
  const script = `process.setgid(65534); process.setuid(65534); process.argv = [process.argv[0], 'upm-advise', ...${JSON.stringify(words)}]; import(${JSON.stringify(new URL('../../src/cli/bin.js', import.meta.url).href)})`;
  return spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
}

rootTest("another user's process is refused with the remedy", (t) => {
  const ended = runAsNobody(['report', '1']);
  t.is(ended.status, 77);
  t.regex(
    ended.stderr,
    /^upm-advise: not allowed to read the memory of process 1: .*CAP_SYS_PTRACE\n$/,
  );
});

rootTest('the doctor tells an unprivileged user exactly what is missing', (t) => {
  const { stdout } = runAsNobody(['doctor']);
  t.regex(stdout, /other-processes: only memory of your own processes can be read/);
  t.regex(stdout, /ksmd: (ksmd is stopped and this user may not start it|ksmd already runs)/);
});
