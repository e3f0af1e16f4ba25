// SPDX-License-Identifier: MIT
/**
 * Runs a program until it ends or our standard input closes: `node tied.js PROGRAM [ARGUMENTS…]`.
 * The demo holds the other end of that pipe, so the program does not outlive it, however it ends.
 */
import { spawn } from 'node:child_process';

const [program, ...words] = process.argv.slice(2);
if (program === undefined) throw new Error('no program given');

const child = spawn(program, words, { stdio: ['ignore', 'inherit', 'inherit'] });
const end = (): void => {
  child.kill('SIGTERM');
};
process.stdin.once('close', end).once('error', end).resume();
process.on('SIGTERM', end);
// From a terminal the program gets its own SIGINT.
process.on('SIGINT', () => undefined);
child.once('exit', (status) => process.exit(status ?? 1));
