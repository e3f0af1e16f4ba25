// SPDX-License-Identifier: MIT
/** The only file that loads the addon. */
import { createRequire } from 'node:module';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { UpmError, messageOf } from '../errors.js';
import { packageRoot } from '../package-root.js';
import type { NativeBinding } from './binding.js';

let loaded: NativeBinding | undefined;

/** Path of the addon: UPM_ADDON (test variants, such as the sanitizer build), else the build's. */
export function addonPath(): string {
  return process.env.UPM_ADDON ?? join(packageRoot(), 'build', 'Release', 'upm.node');
}

/**
 * Loads the addon once a process.
 * @throws UpmError ERR_UPM_UNSUPPORTED where it was not built or does not fit this machine.
 */
export function native(): NativeBinding {
  if (loaded) return loaded;
  const path = addonPath();
  try {
    loaded = createRequire(import.meta.url)(path) as NativeBinding;
  } catch (error) {
    const remedy = existsSync(path)
      ? 'it was built for another system: run "npm run build:native" on this machine'
      : 'it is not built: run "npm run setup" in the package folder';
    throw new UpmError(
      'ERR_UPM_UNSUPPORTED',
      `cannot load the native addon ${path} (${messageOf(error).split('\n')[0] ?? ''}); ${remedy}`,
      { cause: error },
    );
  }
  return loaded;
}
