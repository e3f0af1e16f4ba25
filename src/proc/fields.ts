// SPDX-License-Identifier: MIT
/** Small scanners that the parsers share. All give `undefined` for what is malformed. */

/** Calls `visit` with each line, without its newline, until it returns `false`. */
export function everyLine(text: string, visit: (line: string) => boolean): boolean {
  let start = 0;
  while (start < text.length) {
    const newline = text.indexOf('\n', start);
    const end = newline === -1 ? text.length : newline;
    if (!visit(text.slice(start, end))) return false;
    start = end + 1;
  }
  return true;
}

/** Lines of the form `Key: value`, with the value trimmed. Lines without a colon are left out. */
export function colonFields(text: string): Map<string, string> {
  const fields = new Map<string, string>();
  everyLine(text, (line) => {
    const colon = line.indexOf(':');
    if (colon > 0) fields.set(line.slice(0, colon), line.slice(colon + 1).trim());
    return true;
  });
  return fields;
}

/** A non-negative decimal integer that a JS number holds exactly. */
export function parseCount(text: string | undefined): number | undefined {
  if (text === undefined || !isDigits(text)) return undefined;
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : undefined;
}

/** A decimal integer, possibly negative, that a JS number holds exactly. */
export function parseInteger(text: string | undefined): number | undefined {
  if (text?.startsWith('-') !== true) return parseCount(text);
  const magnitude = parseCount(text.slice(1));
  return magnitude === undefined ? undefined : 0 - magnitude;
}

/** A non-negative decimal integer of any size. */
export function parseBigCount(text: string | undefined): bigint | undefined {
  return text === undefined || !isDigits(text) ? undefined : BigInt(text);
}

/** `123 kB`, as bytes. The kernel's kB is 1,024 bytes. */
export function parseKilobytes(text: string | undefined): number | undefined {
  if (text?.endsWith(' kB') !== true) return undefined;
  const kilobytes = parseCount(text.slice(0, -3));
  if (kilobytes === undefined) return undefined;
  const bytes = kilobytes * 1024;
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

/** `0` or `1`. */
export function parseFlag(text: string | undefined): boolean | undefined {
  return text === '0' || text === '1' ? text === '1' : undefined;
}

/** Whether a text is one or more ASCII digits. */
export function isDigits(text: string): boolean {
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code < 48 || code > 57) return false;
  }
  return text.length > 0;
}
