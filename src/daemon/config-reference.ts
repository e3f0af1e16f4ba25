// SPDX-License-Identifier: MIT
/** Makes the table of settings in docs/upmd.md out of the schema. */
import { pathText } from './config-problems.js';
import { ruleKeys, settings, type Setting } from './config-settings.js';

/** What stands before and after the generated part of the page. */
export const referenceMarks = {
  begin: '<!-- settings: made by "node scripts/docs.mjs" from src/daemon/config-schema.ts -->',
  end: '<!-- end of settings -->',
} as const;

/** The generated part, as Markdown (not yet in the form that prettier gives it). */
export function configReference(): string {
  const rules = ruleKeys().map(([key, text]) => `| \`${key}\` | ${text} |`);
  return [
    '| Key | Default | Variable and flag | Meaning |',
    '|---|---|---|---|',
    ...settings.map(settingRow),
    '',
    'Each item of `functions.rules` has these keys:',
    '',
    '| Key | Meaning |',
    '|---|---|',
    ...rules,
  ].join('\n');
}

/** A page with its generated part renewed. @throws Error if the marks are not there. */
export function withReference(page: string): string {
  const begin = page.indexOf(referenceMarks.begin);
  const end = page.indexOf(referenceMarks.end);
  if (begin < 0 || end < begin) throw new Error('the page has no marks for the settings');
  const head = page.slice(0, begin + referenceMarks.begin.length);
  return `${head}\n\n${configReference()}\n\n${page.slice(end)}`;
}

function settingRow({ path, default: value, env, flag, description, values }: Setting): string {
  const ways = env === undefined || flag === undefined ? 'file only' : `\`${env}\`, \`${flag}\``;
  const choice =
    values === undefined ? '' : ` One of ${values.map((one) => `\`${one}\``).join(', ')}.`;
  const shown = JSON.stringify(value).replace(/^"(.*)"$/u, '$1');
  return `| \`${pathText(path)}\` | \`${shown}\` | ${ways} | ${description}${choice} |`;
}
