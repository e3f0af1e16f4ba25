// SPDX-License-Identifier: MIT
/** Drives ksmd until it is ended: `drive.js STATEFILE`. Prints a line when it does. */
import { createKsmDriver } from '../../../src/backends/ksm/driver.js';
import { hostRoots } from '../../../src/proc/reading.js';
import { native } from '../../../src/native/addon.js';

const [stateFile = ''] = process.argv.slice(2);
let driving = false;
const driver = createKsmDriver({
  roots: hostRoots,
  decision: 'auto',
  budget: 0.3,
  stateFile,
  pageSize: native().pageSize,
  onProgress() {
    if (!driving) console.log('driving');
    driving = true;
    // For ever: each kick starts the count of scans anew.
    driver.kick();
  },
});
process.once('SIGUSR2', () => process.exit(3));
driver.kick();
await driver.settled();
