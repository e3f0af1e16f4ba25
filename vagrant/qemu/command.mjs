// SPDX-License-Identifier: MIT
/** Commands on the host: quiet while they work, everything they said when they fail. */
import { spawn } from 'node:child_process';
import process from 'node:process';

/** The rig cannot work on this machine, and that is no fault of what it tests: skip. */
export class Unavailable extends Error {}

export class CommandFailed extends Error {}

/** Goes to stderr: stdout belongs to the program in the guest. @param {string} text */
export function progress(text) {
  process.stderr.write(`- ${text}\n`);
}

/**
 * Words for setpriv(1) with which a command ends when we do, even if we are killed.
 * @param {string} command @param {readonly string[]} words
 */
export function withUs(command, words) {
  return ['--pdeathsig', 'KILL', command, ...words];
}

/**
 * @param {string} command
 * @param {readonly string[]} words
 * @param {{log?: import('node:stream').Writable, input?: string, name?: string}} [options] `log`
 *   also gets the output as it comes; `name` is what a failure calls it
 * @returns {Promise<string>} what it wrote to stdout
 */
export function capture(command, words, options = {}) {
  const name = options.name ?? `${command} ${words.join(' ')}`;
  return new Promise((resolve, reject) => {
    const child = spawn('setpriv', withUs(command, words), { stdio: ['pipe', 'pipe', 'pipe'] });
    let stdout = '';
    let everything = '';
    child.stdout.setEncoding('utf8').on('data', (text) => {
      stdout += text;
      everything += text;
      options.log?.write(text);
    });
    child.stderr.setEncoding('utf8').on('data', (text) => {
      everything += text;
      options.log?.write(text);
    });
    // A command that does not read its input may be gone before it is written.
    child.stdin.on('error', () => undefined).end(options.input ?? '');
    child.once('error', reject);
    child.once('close', (status, signal) => {
      if (status === 0) resolve(stdout);
      else {
        const tail = everything.trimEnd().split('\n').slice(-60).join('\n');
        const ending = signal ?? `exit status ${status}`;
        reject(new CommandFailed(`${name}: ${ending}\n${tail}`));
      }
    });
  });
}
