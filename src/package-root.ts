// SPDX-License-Identifier: MIT
/** Finds the package's own files, from dist/ as from anywhere else below its root. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UpmError } from './errors.js';

let found: string | undefined;

/** Absolute path of the folder that holds package.json. */
export function packageRoot(): string {
  found ??= search(dirname(fileURLToPath(import.meta.url)));
  return found;
}

function search(start: string): string {
  for (let folder = start; ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json'))) return folder;
    if (folder === dirname(folder)) {
      throw new UpmError('ERR_UPM_INTERNAL', `no package.json above ${start}`);
    }
  }
}
