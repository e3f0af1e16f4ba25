// SPDX-License-Identifier: MIT
/**
 * A process that holds memory like its twins': `twin.js MEBIBYTES SEED [advise|hold]`. Prints
 * {address, length, advisedBytes} when ready, then obeys commands on standard input, one a line, and
 * answers each with one line: `write PAGE`, `sum`, `unadvise`, `advise`.
 */
import { createCipheriv, createHash } from 'node:crypto';
import { createInterface } from 'node:readline';
import { advise, unadvise } from '../../../src/advise.js';
import { native } from '../../../src/native/addon.js';

const [mebibytes = '8', seed = 'twin', mode = 'advise'] = process.argv.slice(2);

/** The same pseudo-random bytes in every process with the same seed: no two pages are equal. */
function content(length: number): Uint8Array<ArrayBuffer> {
  const key = createHash('sha256').update(seed).digest();
  const cipher = createCipheriv('aes-256-ctr', key, Buffer.alloc(16));
  const bytes = new Uint8Array(new ArrayBuffer(length));
  bytes.set(cipher.update(new Uint8Array(length)));
  return bytes;
}

const { pageSize } = native();
const memory = content(Number(mebibytes) * 1024 * 1024);
const { address, length } = native().locate(memory);
const advised = mode === 'advise' ? (await advise(memory)).advisedBytes : 0;
console.log(JSON.stringify({ address: String(address), length, advisedBytes: advised }));

async function obey(line: string): Promise<string> {
  const [command = '', argument = '0'] = line.split(' ');
  switch (command) {
    case 'write': {
      // In the middle of a page, whatever the buffer's offset in it.
      const at = Number(argument) * pageSize + pageSize / 2;
      memory[at] = (memory[at] ?? 0) ^ 0xff;
      return 'written';
    }
    case 'sum':
      return createHash('sha256').update(memory).digest('hex');
    case 'advise':
      return String((await advise(memory)).advisedBytes);
    case 'unadvise':
      return String((await unadvise(memory)).advisedBytes);
    default:
      return 'what?';
  }
}

for await (const line of createInterface({ input: process.stdin })) console.log(await obey(line));
