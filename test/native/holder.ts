// SPDX-License-Identifier: MIT
/** Another process that holds memory of known content. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { ExecutionContext } from 'ava';
import { programPath } from './support.js';

export interface Holder {
  readonly pid: number;
  readonly address: bigint;
  /** Ends it and waits until it is reaped. */
  stop(): Promise<void>;
}

// Fills pages with ones, then takes away the right to read some of them: Node cannot do that.
const protectedPages = `
import ctypes, mmap, sys
pages, size = int(sys.argv[1]), mmap.PAGESIZE
area = mmap.mmap(-1, pages * size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
address = ctypes.addressof(ctypes.c_char.from_buffer(area))
libc = ctypes.CDLL(None, use_errno=True)
libc.madvise(ctypes.c_void_p(address), ctypes.c_size_t(pages * size), 15)
area.write(b"\\x01" * (pages * size))
for page in (0, 1, 5, 64, 65, 200, 299):
    libc.mprotect(ctypes.c_void_p(address + page * size), ctypes.c_size_t(size), 0)
print(address, flush=True)
sys.stdin.read()
`;

/**
 * Starts a process that holds `pages` pages. `sparse`: even pages are filled by fillPage() with their
 * index, odd ones are not present. `protected`: all hold ones, some may not be read.
 */
export async function startHolder(
  t: ExecutionContext,
  pages: number,
  kind: 'sparse' | 'protected' = 'sparse',
): Promise<Holder> {
  const [command, args] =
    kind === 'sparse'
      ? [process.execPath, [programPath('hold'), `${pages}`]]
      : ['python3', ['-c', protectedPages, `${pages}`]];
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  const stop = async (): Promise<void> => {
    child.stdin.end();
    child.kill('SIGKILL');
    await ended;
  };
  t.teardown(stop);
  for await (const line of createInterface(child.stdout)) {
    if (child.pid === undefined) break;
    return { pid: child.pid, address: BigInt(line), stop };
  }
  throw new Error('the holder ended early');
}
