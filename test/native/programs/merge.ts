// SPDX-License-Identifier: MIT
/**
 * Switches memory merging of the process on and off, and prints what it then was, as JSON. With an
 * argument: prints only what it is.
 */
import { native } from '../../../src/native/addon.js';
import { run } from '../support.js';

const addon = native();

if (process.argv[2] === 'show') {
  console.log(addon.getMemoryMerge());
} else {
  const atStart = addon.getMemoryMerge();
  addon.setMemoryMerge(true);
  const switchedOn = addon.getMemoryMerge();
  const self = process.argv[1] ?? '';
  const child = await run(process.execPath, [self, 'show']);
  addon.setMemoryMerge(false);
  const switchedOff = addon.getMemoryMerge();
  console.log(JSON.stringify({ atStart, switchedOn, child: child.stdout.trim(), switchedOff }));
}
