// SPDX-License-Identifier: MIT
/** Prints, as JSON, which errors a user without privileges gets from the calls that need some. */
import { native } from '../../../src/native/addon.js';
import { pageSize } from '../support.js';

const addon = native();

async function codeOf(call: () => unknown): Promise<unknown> {
  try {
    await call();
    return 'none';
  } catch (error) {
    return error instanceof Error ? Reflect.get(error, 'code') : error;
  }
}

console.log(
  JSON.stringify({
    hashPages: await codeOf(() =>
      addon.hashPages(process.ppid, BigInt(pageSize), pageSize, new Uint8Array(32)),
    ),
    readPagemap: await codeOf(() => addon.readPagemap(process.ppid, BigInt(pageSize), 1)),
    readPageCounts: await codeOf(() => addon.readPageCounts(new BigUint64Array([0n]))),
    pidfdOpen: await codeOf(() => addon.pidfdOpen(process.ppid)),
    ownPagemap: await codeOf(() => addon.readPagemap(0, BigInt(pageSize), 1)),
  }),
);
