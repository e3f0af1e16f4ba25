// SPDX-License-Identifier: MIT
/**
 * Calls one function of the addon (argv[2]) with many argument lists (argv[3]), most of them wrong.
 * Each call must succeed, or fail with a TypeError, a RangeError or a NativeError. Prints the seed
 * first, since a crash leaves no time for it; argv[4] repeats a seed.
 */
import { closeSync } from 'node:fs';
import fc from 'fast-check';
import { native } from '../../../src/native/addon.js';
import {
  detach,
  pagedMemory,
  pageSize,
  resizableBuffer,
  sanitized,
  unchecked,
} from '../support.js';

const [, , name = '', runs = '1000', repeat] = process.argv;
const addon = native();
const memory = pagedMemory(64);
const page = BigInt(pageSize);

// The address space of a sanitized process has terabytes of shadow memory, in which the kernel takes
// minutes to undo a merge: there, such advice is left out.
const { MADV_HUGEPAGE, MADV_NOHUGEPAGE, MADV_MERGEABLE, MADV_UNMERGEABLE } = addon.advice;
const adviceNumbers = sanitized
  ? [MADV_HUGEPAGE, MADV_NOHUGEPAGE]
  : [MADV_HUGEPAGE, MADV_NOHUGEPAGE, MADV_MERGEABLE, MADV_UNMERGEABLE];

const numbers = fc.oneof(
  fc.constantFrom(0, -0, 1, -1, 0.5, NaN, Infinity, -Infinity, 2 ** 31, 2 ** 32, 2 ** 53, 2 ** 64),
  fc.constantFrom(...adviceNumbers),
  fc.constantFrom(pageSize, 2 * pageSize, pageSize + 1),
  fc.integer(),
  fc.double(),
);

const bigints = fc.oneof(
  fc.constantFrom(0n, -1n, 1n, 2n ** 63n, 2n ** 64n - 1n, 2n ** 64n, -(2n ** 63n), 2n ** 900n),
  fc.constantFrom(page, memory.address, memory.address + page, memory.address + 1n, -page),
  fc.bigInt({ min: -(2n ** 65n), max: 2n ** 65n }),
);

const buffers = fc
  .record({
    length: fc.oneof(fc.constantFrom(0, 1, 32, 64), fc.nat(256)),
    source: fc.constantFrom('plain', 'shared', 'resizable', 'shrunk', 'detached'),
    view: fc.constantFrom<undefined | ((buffer: ArrayBuffer) => unknown)>(
      undefined,
      (buffer) => new Uint8Array(buffer),
      (buffer) => new DataView(buffer),
      (buffer) => new BigUint64Array(buffer, 0, Math.floor(buffer.byteLength / 8)),
      (buffer) => new BigInt64Array(buffer, 0, Math.floor(buffer.byteLength / 8)),
      (buffer) => new Float32Array(buffer, 0, Math.floor(buffer.byteLength / 4)),
      (buffer) => Buffer.from(buffer),
    ),
  })
  .map(({ length, source, view }) => {
    const buffer = (
      source === 'plain' || source === 'detached'
        ? new ArrayBuffer(length)
        : source === 'shared'
          ? new SharedArrayBuffer(length)
          : resizableBuffer(length, length * 2)
    ) as ArrayBuffer;
    const value = view ? view(buffer) : buffer;
    if (source === 'detached') detach(buffer);
    if (source === 'shrunk') (buffer as ReturnType<typeof resizableBuffer>).resize(length >> 1);
    return value;
  });

const words = fc
  .array(fc.oneof(bigints, fc.constantFrom(memory.address, page)), { maxLength: 8 })
  .map((values) => BigUint64Array.from(values));

const strings = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.constantFrom('', '/', '@', '\0', '\ud800', '/nonexistent/upm', '@upm-none', 'x'.repeat(300)),
);

const anything = fc.oneof(
  numbers,
  bigints,
  buffers,
  words,
  strings,
  fc.boolean(),
  fc.array(strings, { maxLength: 4 }),
  fc.anything({ withBigInt: true, withTypedArray: true, withSparseArray: true, withDate: true }),
  fc.constantFrom<unknown>(undefined, null, Symbol('x'), () => 1, new Proxy([], {}), new Map()),
);

const pids = fc.oneof(fc.constantFrom(0, process.pid, 1, 2 ** 31 - 1), numbers);
const lengths = fc.oneof(fc.constantFrom(pageSize, page, 4 * pageSize, 0), numbers, bigints);
const advices = fc.oneof(fc.constantFrom(...adviceNumbers), numbers);
const keys = fc.oneof(fc.constant(new Uint8Array(32)), buffers);
const noPrograms = fc.constantFrom<unknown>(undefined, null, 1, ['A'], ['A=1', 2], ['\0='], 'A=1');

/** Argument lists that come close to right ones, so that the deeper checks are reached too. */
const close: Readonly<Record<string, fc.Arbitrary<readonly unknown[]>>> = {
  locate: fc.tuple(buffers),
  madvise: fc.tuple(bigints, lengths, advices),
  madviseRanges: fc.tuple(fc.oneof(words, buffers), advices),
  // Taking it back walks through all memory; `wild` does it often enough.
  setMemoryMerge: fc.tuple(fc.constant(true)),
  getMemoryMerge: fc.tuple(),
  setMallocThresholds: fc.tuple(fc.nat(), fc.nat(), fc.oneof(fc.nat(1 << 20), numbers)),
  trimMalloc: fc.tuple(),
  peerCredentials: fc.tuple(fc.oneof(fc.nat(40), numbers)),
  sdNotify: fc.tuple(strings, strings),
  pidfdOpen: fc.tuple(pids),
  hashPages: fc.tuple(pids, bigints, lengths, keys),
  readPagemap: fc.tuple(pids, bigints, fc.oneof(fc.nat(100), numbers)),
  readPageCounts: fc.tuple(fc.oneof(words, buffers)),
  // The last argument is always wrong: a right one might start a program.
  exec: fc.tuple(strings, fc.oneof(fc.array(strings), anything), noPrograms),
};

/** Any argument lists; those of exec end in a wrong environment, see above. */
const wild =
  name === 'exec' ? fc.tuple(anything, anything, noPrograms) : fc.array(anything, { maxLength: 6 });

function expected(error: unknown): boolean {
  if (error instanceof TypeError || error instanceof RangeError) return true;
  return (
    error instanceof Error &&
    'code' in error &&
    /^E[A-Z0-9]+$/.test(String(error.code)) &&
    'errno' in error &&
    typeof error.errno === 'number' &&
    'syscall' in error &&
    typeof error.syscall === 'string'
  );
}

const target = unchecked(name);
const outcomes = { succeeded: 0, failed: 0 };

async function call(args: readonly unknown[]): Promise<void> {
  if (sanitized && name === 'setMemoryMerge' && typeof args[0] === 'boolean') return;
  try {
    const result = await target(...args);
    outcomes.succeeded++;
    if (name === 'pidfdOpen') closeSync(result as number);
  } catch (error) {
    if (!expected(error)) throw error;
    outcomes.failed++;
  }
}

const seed = repeat === undefined ? Date.now() | 0 : Number(repeat);
console.log(`seed ${seed}`);
const lists = close[name];
if (!lists) throw new Error(`no argument lists for ${name}`);
await fc.assert(fc.asyncProperty(fc.oneof(lists, wild), call), { seed, numRuns: Number(runs) });
console.log(JSON.stringify(outcomes));
