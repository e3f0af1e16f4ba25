// SPDX-License-Identifier: MIT
/** Fills every second of argv[2] pages, prints their address, and waits for the end of its input. */
import { fillPage, pagedMemory } from '../support.js';

const pages = Number(process.argv[2]);
const memory = pagedMemory(pages);
for (let page = 0; page < pages; page += 2) fillPage(memory.bytes, page, page);
console.log(`${memory.address}`);
process.stdin.resume();
// Keeps the memory in use for as long as the process waits.
process.stdin.on('end', () => process.exit(memory.bytes[0] === undefined ? 1 : 0));
