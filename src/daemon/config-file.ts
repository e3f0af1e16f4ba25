// SPDX-License-Identifier: MIT
/** Reads the YAML file and remembers where in it each key stands. */
import { readFile } from 'node:fs/promises';
import { isMap, isNode, isScalar, LineCounter, parseDocument, type Document } from 'yaml';
import { isErrnoException, messageOf, UpmError } from '../errors.js';

export type KeyPath = readonly (string | number)[];

export interface ConfigFile {
  /** The content as plain data. */
  readonly content: unknown;
  /** `FILE:LINE:COLUMN` of the value at a path, or of the nearest thing around it. */
  positionOf(path: KeyPath): string;
  /** The same for the key itself. */
  positionOfKey(path: KeyPath): string;
}

/**
 * Reads and parses a file.
 * @throws UpmError ERR_UPM_NOT_FOUND, ERR_UPM_PERMISSION or ERR_UPM_SYSTEM if it cannot be read;
 * ERR_UPM_CONFIG, with one line for each mistake, if it is not YAML.
 */
export async function readConfigFile(path: string): Promise<ConfigFile> {
  return parseConfigFile(path, await readSource(path));
}

/** As {@link readConfigFile}, for a text that was read already. @param name for messages. */
export function parseConfigFile(name: string, source: string): ConfigFile {
  const lines = new LineCounter();
  const document = parseDocument(source, { lineCounter: lines, prettyErrors: false });
  const at = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${name}:${line}:${col}`;
  };
  if (document.errors.length > 0) {
    const problems = document.errors.map(({ pos, message }) => `${at(pos[0])}: ${message}`);
    throw new UpmError('ERR_UPM_CONFIG', problems.join('\n'));
  }
  return {
    content: contentOf(document, name),
    positionOf: (path) => at(offsetAround(document, path)),
    positionOfKey: (path) => at(keyOffset(document, path) ?? offsetAround(document, path)),
  };
}

function contentOf(document: Document, name: string): unknown {
  try {
    return document.toJS();
  } catch (error) {
    // An alias that expands without end, or one to a name that is not there.
    throw new UpmError('ERR_UPM_CONFIG', `${name}: ${messageOf(error)}`, { cause: error });
  }
}

function offsetAround(document: Document, path: KeyPath): number {
  for (let length = path.length; length > 0; length -= 1) {
    const node = document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return node.range[0];
  }
  return 0;
}

function keyOffset(document: Document, path: KeyPath): number | undefined {
  const key = path.at(-1);
  const parent = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true);
  if (!isMap(parent)) return undefined;
  const pair = parent.items.find((item) => isScalar(item.key) && item.key.value === key);
  return isScalar(pair?.key) ? pair.key.range?.[0] : undefined;
}

async function readSource(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (!isErrnoException(error)) throw error;
    throw new UpmError(
      codeOf(error.code),
      `cannot read the configuration ${path}: ${whyOf(error)}`,
      {
        cause: error,
      },
    );
  }
}

function codeOf(errno = ''): UpmError['code'] {
  switch (errno) {
    case 'ENOENT':
    case 'ENOTDIR':
      return 'ERR_UPM_NOT_FOUND';
    case 'EACCES':
    case 'EPERM':
      return 'ERR_UPM_PERMISSION';
    default:
      return 'ERR_UPM_SYSTEM';
  }
}

/** `ENOENT: no such file or directory, open '…'` without the call. */
function whyOf(error: NodeJS.ErrnoException): string {
  return error.message.replace(/, \w+( '.*')?$/u, '');
}
