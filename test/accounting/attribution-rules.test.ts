// SPDX-License-Identifier: MIT
import test from 'ava';
import {
  compileRules,
  type AttributionRule,
  type RuleProblem,
} from '../../src/accounting/attribution-rules.js';
import type { Attributor } from '../../src/accounting/attribution.js';
import { factsOf } from './samples.js';

function attributor(...rules: readonly AttributionRule[]): Attributor {
  const result = compileRules(rules);
  if (result.kind === 'rules') return result.attributor;
  throw new Error(JSON.stringify(result.problems));
}

function problemsOf(...rules: readonly AttributionRule[]): readonly RuleProblem[] {
  const result = compileRules(rules);
  return result.kind === 'problems' ? result.problems : [];
}

test('the first rule that matches names the function', async (t) => {
  const rules = attributor(
    { match: { comm: '^node$' }, function: 'first' },
    { match: { comm: 'n' }, function: 'second' },
  );
  t.deepEqual(await rules.attribute(factsOf({ comm: 'node' })), {
    namespace: 'default',
    function: 'first',
  });
  t.deepEqual(await rules.attribute(factsOf({ comm: 'nginx' })), {
    namespace: 'default',
    function: 'second',
  });
  t.is(await rules.attribute(factsOf({ comm: 'bash' })), undefined);
});

test('groups of the cgroup path make namespace and name', async (t) => {
  const rules = attributor({
    match: { cgroup: '^/openfaas-(?<space>[a-z]+)/(?<name>[^/]+)' },
    function: '${name}',
    namespace: '${space}',
  });
  t.deepEqual(await rules.attribute(factsOf({ cgroupPath: '/openfaas-fn/resize' })), {
    namespace: 'fn',
    function: 'resize',
  });
});

test('groups are numbered through the patterns: cgroup, command, comm', async (t) => {
  const rules = attributor({
    match: { comm: '^(.)', command: '--name=(\\w+) (x)?', cgroup: '^/(\\w+)' },
    function: '$1-$2-$3-$4',
  });
  const facts = factsOf({ cgroupPath: '/pod', arguments: ['run', '--name=a', 'y'], comm: 'node' });
  t.like(await rules.attribute(facts), { function: 'pod-a--n' });
});

test('all patterns of a rule must match', async (t) => {
  const rules = attributor({ match: { comm: 'node', cgroup: '/pod' }, function: 'f' });
  t.is(await rules.attribute(factsOf({ comm: 'node', cgroupPath: '/user' })), undefined);
});

test('a cgroup that is not known matches nothing, not even everything', async (t) => {
  const rules = attributor({ match: { cgroup: '.*' }, function: 'f' });
  t.is(await rules.attribute(factsOf()), undefined);
});

test('a name that comes out empty is none: the next rule is tried', async (t) => {
  const rules = attributor(
    { match: { comm: '^node(x)?' }, function: '$1' },
    { match: { comm: 'node' }, function: 'fallback' },
  );
  t.like(await rules.attribute(factsOf({ comm: 'node' })), { function: 'fallback' });
});

test('only the beginning of a command line counts, and long names are cut', async (t) => {
  const rules = attributor(
    { match: { command: 'needle' }, function: 'found' },
    { match: { command: '^(a+)' }, function: '$1' },
  );
  const identity = await rules.attribute(factsOf({ arguments: ['a'.repeat(5000), 'needle'] }));
  t.is(identity?.function, 'a'.repeat(253));
});

test('a dollar sign is written twice', async (t) => {
  const rules = attributor({ match: { comm: 'c' }, function: 'cost-$$5' });
  t.like(await rules.attribute(factsOf()), { function: 'cost-$5' });
});

test('problems name the place in the rule', (t) => {
  t.deepEqual(
    problemsOf(
      { match: { cgroup: '/(unclosed' }, function: 'f' },
      { match: { comm: '(a)' }, function: '${name}', namespace: '$2' },
      { match: {}, function: 'f' },
      { match: { comm: 'x' }, function: 'costs $' },
    ),
    [
      {
        index: 0,
        path: ['match', 'cgroup'],
        message: 'not a regular expression: unterminated group',
      },
      { index: 1, path: ['function'], message: 'no pattern has a group "name"' },
      { index: 1, path: ['namespace'], message: 'no pattern has a group "2"' },
      { index: 2, path: ['match'], message: 'needs one of cgroup, command, comm' },
      {
        index: 3,
        path: ['function'],
        message: '"$" must be followed by a digit or {name}; write "$$" for a dollar',
      },
    ],
  );
});
