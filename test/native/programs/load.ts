// SPDX-License-Identifier: MIT
/** Loads the addon; prints the error as JSON if that fails. */
import { native } from '../../../src/native/addon.js';
import { UpmError } from '../../../src/errors.js';

try {
  native();
} catch (error) {
  if (!(error instanceof UpmError)) throw error;
  console.log(JSON.stringify({ code: error.code, message: error.message }));
}
