// SPDX-License-Identifier: MIT
/** Helpers of the addon's tests. */
import { spawn, spawnSync, type SpawnOptions } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';
import { native } from '../../src/native/addon.js';

export const pageSize = native().pageSize;

/** Set by scripts/test-asan.mjs: memory use and times are then not those of the product. */
export const sanitized = process.env.UPM_SANITIZED === '1';

/** Whether python3 can be run; a few tests need a peer that Node cannot be. */
export const hasPython = spawnSync('python3', ['-c', 'import ctypes']).status === 0;

/** What a NativeError looks like, for t.like(). */
export function systemError(
  syscall: string,
  code: keyof typeof constants.errno,
): { readonly syscall: string; readonly code: string; readonly errno: number } {
  return { syscall, code, errno: constants.errno[code] };
}

export interface PagedMemory {
  readonly bytes: Uint8Array;
  readonly address: bigint;
}

// Tests often use the address only: without this the memory could be collected under them.
const kept: ArrayBuffer[] = [];

/** Fresh page-aligned memory, kept for the life of the process, not backed by huge pages and not touched yet. */
export function pagedMemory(pages: number): PagedMemory {
  const addon = native();
  // Large enough that the allocator asks the kernel for it instead of reusing touched memory.
  const buffer = new ArrayBuffer(Math.max((pages + 1) * pageSize, 64 * 1024 * 1024));
  kept.push(buffer);
  const { address } = addon.locate(buffer);
  const page = BigInt(pageSize);
  const aligned = ((address + page - 1n) / page) * page;
  const bytes = new Uint8Array(buffer, Number(aligned - address), pages * pageSize);
  addon.madvise(aligned, bytes.length, addon.advice.MADV_NOHUGEPAGE);
  return { bytes, address: aligned };
}

/** Fills a page with bytes that depend on `seed`. */
export function fillPage(memory: Uint8Array, page: number, seed: number): void {
  for (let i = 0; i < pageSize; i++) memory[page * pageSize + i] = (i * 31 + seed * 17 + 1) & 0xff;
}

export interface Ended {
  readonly pid: number | undefined;
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command to its end. */
export async function run(
  command: string,
  args: readonly string[],
  options: SpawnOptions & { readonly input?: string } = {},
): Promise<Ended> {
  const child = spawn(command, args, { ...options, stdio: 'pipe' });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  child.stdin.on('error', () => undefined);
  child.stdin.end(options.input ?? '');
  await once(child, 'close');
  return { pid: child.pid, code: child.exitCode, signal: child.signalCode, stdout, stderr };
}

/** Path of a compiled file of programs/. */
export function programPath(name: string): string {
  return fileURLToPath(new URL(`./programs/${name}.js`, import.meta.url));
}

/** Runs a file of programs/ in a process of its own. */
export function runProgram(
  name: string,
  args: readonly string[] = [],
  options: SpawnOptions & { readonly input?: string; readonly flags?: readonly string[] } = {},
): Promise<Ended> {
  return run(process.execPath, [...(options.flags ?? []), programPath(name), ...args], options);
}

interface ResizableBuffer extends ArrayBuffer {
  resize(length: number): void;
}

/** A resizable ArrayBuffer, which the configured library types do not know yet. */
export function resizableBuffer(length: number, maxByteLength: number): ResizableBuffer {
  return Reflect.construct(ArrayBuffer, [length, { maxByteLength }]) as ResizableBuffer;
}

/** Detaches a buffer. */
export function detach<Buffer extends ArrayBuffer>(buffer: Buffer): Buffer {
  structuredClone(buffer, { transfer: [buffer] });
  return buffer;
}

/** A function of the addon that may be called with anything. */
export function unchecked(name: string): (...args: readonly unknown[]) => unknown {
  const target: unknown = Reflect.get(native(), name);
  if (typeof target !== 'function') throw new TypeError(`the addon has no function ${name}`);
  return (...args) => Reflect.apply(target, undefined, args) as unknown;
}
