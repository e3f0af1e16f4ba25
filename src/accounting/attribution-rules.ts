// SPDX-License-Identifier: MIT
/**
 * Attribution by configured rules: the first rule whose patterns all match names the function.
 *
 * The command line and the task name are chosen by the process itself. A rule that uses them trusts
 * the process to say what it is; a rule on the cgroup trusts whoever placed it there.
 */
import type { Attributor, FunctionIdentity, ProcessFacts } from './attribution.js';
import { fillTemplate, groupsOf, parseTemplate, type TemplatePart } from './name-template.js';

/** Patterns of a rule, in the order in which their groups are numbered. */
export const matchKeys = ['cgroup', 'command', 'comm'] as const;
export type MatchKey = (typeof matchKeys)[number];

export interface AttributionRule {
  /** A note for people. */
  readonly name?: string | undefined;
  /** Regular expressions; all that are given must match. At least one is needed. */
  readonly match: Readonly<Partial<Record<MatchKey, string | undefined>>>;
  /** Template of the function's name, see name-template.ts. */
  readonly function: string;
  /** Template of the namespace. Default `default`. */
  readonly namespace?: string | undefined;
}

/** A rule that cannot be used: where in the rule, and why. */
export interface RuleProblem {
  /** Index of the rule. */
  readonly index: number;
  /** Keys from the rule inwards, such as `['match', 'cgroup']`. */
  readonly path: readonly string[];
  readonly message: string;
}

export type RulesResult =
  | { readonly kind: 'rules'; readonly attributor: Attributor }
  | { readonly kind: 'problems'; readonly problems: readonly RuleProblem[] };

interface CompiledRule {
  readonly patterns: readonly (readonly [MatchKey, RegExp])[];
  readonly function: readonly TemplatePart[];
  readonly namespace: readonly TemplatePart[];
}

/**
 * Longest text a pattern is tried on, in UTF-16 units. Processes choose their command line; a bound
 * keeps what a clumsy pattern costs on a hostile one small, and no path of a cgroup is longer.
 */
const longestSubject = 4096;
/** Longest name made, in UTF-16 units: that of a DNS name, as Kubernetes uses them. */
const longestName = 253;

/** Compiles rules once. All problems of all rules are told at once. */
export function compileRules(rules: readonly AttributionRule[]): RulesResult {
  const problems: RuleProblem[] = [];
  const compiled = rules.map((rule, index) => compileRule(rule, index, problems));
  if (problems.length > 0) return { kind: 'problems', problems };
  return { kind: 'rules', attributor: { attribute: (facts) => firstMatch(compiled, facts) } };
}

function compileRule(rule: AttributionRule, index: number, problems: RuleProblem[]): CompiledRule {
  const patterns: (readonly [MatchKey, RegExp])[] = [];
  for (const key of matchKeys) {
    const source = rule.match[key];
    if (source === undefined) continue;
    try {
      patterns.push([key, new RegExp(source, 'u')]);
    } catch (error) {
      problems.push({ index, path: ['match', key], message: regexMessage(error) });
    }
  }
  if (matchKeys.every((key) => rule.match[key] === undefined)) {
    problems.push({ index, path: ['match'], message: `needs one of ${matchKeys.join(', ')}` });
  }
  const groups = knownGroups(patterns);
  const template = (key: 'function' | 'namespace', text: string): readonly TemplatePart[] => {
    try {
      const parts = parseTemplate(text);
      for (const group of groupsOf(parts)) {
        if (!groups.has(group) && patterns.length > 0) {
          problems.push({ index, path: [key], message: `no pattern has a group "${group}"` });
        }
      }
      return parts;
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      problems.push({ index, path: [key], message: error.message });
      return [];
    }
  };
  return {
    patterns,
    function: template('function', rule.function),
    namespace: template('namespace', rule.namespace ?? 'default'),
  };
}

/** Numbers and names of the groups of all patterns of a rule. */
function knownGroups(patterns: CompiledRule['patterns']): ReadonlySet<string> {
  const groups = new Set<string>();
  let count = 0;
  for (const [, pattern] of patterns) {
    // An alternative that is empty matches any text, and the match lists every group.
    const match = new RegExp(`${pattern.source}|`, 'u').exec('');
    const more = (match?.length ?? 1) - 1;
    for (let number = 1; number <= more; number += 1) groups.add(String(count + number));
    for (const name of Object.keys(match?.groups ?? {})) groups.add(name);
    count += more;
  }
  return groups;
}

function firstMatch(
  rules: readonly CompiledRule[],
  facts: ProcessFacts,
): FunctionIdentity | undefined {
  for (const rule of rules) {
    const captures = capturesOf(rule, facts);
    if (captures === undefined) continue;
    const name = fillTemplate(rule.function, captures).slice(0, longestName);
    const namespace = fillTemplate(rule.namespace, captures).slice(0, longestName);
    // A rule whose groups captured nothing names nothing: the next rule may.
    if (name !== '' && namespace !== '') return { namespace, function: name };
  }
  return undefined;
}

function capturesOf(
  rule: CompiledRule,
  facts: ProcessFacts,
): ReadonlyMap<string, string> | undefined {
  const captures = new Map<string, string>();
  let count = 0;
  for (const [key, pattern] of rule.patterns) {
    const subject = subjectOf(key, facts)?.slice(0, longestSubject);
    const match = subject === undefined ? null : pattern.exec(subject);
    if (match === null) return undefined;
    // The type of a match says that every group took part; an optional one may not have.
    const groups: readonly (string | undefined)[] = match;
    for (let number = 1; number < groups.length; number += 1) {
      const text = groups[number];
      if (text !== undefined) captures.set(String(count + number), text);
    }
    const named: Readonly<Record<string, string | undefined>> = match.groups ?? {};
    for (const [name, text] of Object.entries(named)) {
      if (text !== undefined) captures.set(name, text);
    }
    count += groups.length - 1;
  }
  return captures;
}

function subjectOf(key: MatchKey, facts: ProcessFacts): string | undefined {
  switch (key) {
    case 'cgroup':
      return facts.cgroupPath;
    case 'command':
      return facts.arguments.join(' ');
    case 'comm':
      return facts.comm;
  }
}

/** `Invalid regular expression: /(/u: Unterminated group` without the part that repeats the pattern. */
function regexMessage(error: unknown): string {
  if (!(error instanceof SyntaxError)) throw error;
  const reason = error.message.slice(error.message.lastIndexOf(': ') + 2);
  return `not a regular expression: ${reason.charAt(0).toLowerCase()}${reason.slice(1)}`;
}
