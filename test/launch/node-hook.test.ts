// SPDX-License-Identifier: MIT
import { spawnSync } from 'node:child_process';
import test from 'ava';
import { nodeOptionsWithHook } from '../../src/launch/node-hook.js';

const module = (source: string): string => `data:text/javascript,${encodeURIComponent(source)}`;

function runNode(options: string, script: string): ReturnType<typeof spawnSync> {
  return spawnSync(process.execPath, ['-e', script], {
    encoding: 'utf8',
    env: { ...process.env, NODE_OPTIONS: options },
  });
}

test("the hook is appended to the user's options, and only once", (t) => {
  const once = nodeOptionsWithHook('--no-warnings', 'file:///opt/upm/register.js');
  t.true(once.startsWith('--no-warnings --import='));
  t.is(nodeOptionsWithHook(once, 'file:///opt/upm/register.js'), once);
});

test('a path may hold anything: spaces, quotes, percent signs', (t) => {
  const options = nodeOptionsWithHook(undefined, 'file:///a b/"c"/it\'s/100%25/(d)!.js');
  t.is(options.split(' ').length, 1);
  t.notRegex(options, /["'\\()!*]/);
});

test('the hook is loaded before the program runs', (t) => {
  const { stdout, status } = runNode(
    nodeOptionsWithHook(undefined, module('globalThis.hooked = "yes"')),
    'console.log(globalThis.hooked)',
  );
  t.is(status, 0);
  t.is(String(stdout), 'yes\n');
});

test('a hook that cannot be read or fails costs one line and nothing else', (t) => {
  for (const url of [
    'file:///nonexistent/upm/register.js',
    module('throw new Error("broken on purpose")'),
    module('not javascript at all'),
  ]) {
    const { stdout, stderr, status } = runNode(
      nodeOptionsWithHook(undefined, url),
      'console.log("still runs")',
    );
    t.is(status, 0, url);
    t.is(String(stdout), 'still runs\n');
    t.regex(String(stderr), /^upm-advise: hook not loaded, the function runs without it: .+\n$/);
  }
});
