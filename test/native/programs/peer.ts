// SPDX-License-Identifier: MIT
/** Prints the peer of its standard input. */
import { native } from '../../../src/native/addon.js';

console.log(JSON.stringify(native().peerCredentials(0)));
