// SPDX-License-Identifier: MIT
/**
 * Templates that make a name out of captured groups: `$1`, `${1}` and `${name}` stand for a group,
 * `$$` for a dollar sign.
 */

export type TemplatePart =
  | { readonly kind: 'text'; readonly text: string }
  /** A number (decimal) or a name. */
  | { readonly kind: 'group'; readonly group: string };

/** What the groups captured: `1`, `2`, … and names. A group that took no part in the match is absent. */
export type Captures = ReadonlyMap<string, string>;

const tokenPattern = /\$\$|\$(\d)|\$\{(\w+)\}|\$|[^$]+/gu;

/** Splits a template into parts. @throws SyntaxError, with a message for people, on a stray `$`. */
export function parseTemplate(template: string): readonly TemplatePart[] {
  const parts: TemplatePart[] = [];
  for (const [token, digit, name] of template.matchAll(tokenPattern)) {
    const group = digit ?? name;
    if (group !== undefined) parts.push({ kind: 'group', group });
    else if (token === '$$') parts.push({ kind: 'text', text: '$' });
    else if (token === '$') {
      throw new SyntaxError('"$" must be followed by a digit or {name}; write "$$" for a dollar');
    } else parts.push({ kind: 'text', text: token });
  }
  return parts;
}

/** Names of the groups that a template uses. */
export function groupsOf(parts: readonly TemplatePart[]): readonly string[] {
  return parts.flatMap((part) => (part.kind === 'group' ? part.group : []));
}

/** Fills a template in. A group that captured nothing gives an empty text. */
export function fillTemplate(parts: readonly TemplatePart[], captures: Captures): string {
  return parts
    .map((part) => (part.kind === 'text' ? part.text : (captures.get(part.group) ?? '')))
    .join('');
}
