// SPDX-License-Identifier: MIT
import { readFileSync } from 'node:fs';
import { runInNewContext } from 'node:vm';
import test from 'ava';
import { native } from '../../src/native/addon.js';
import { detach, resizableBuffer, unchecked } from './support.js';

const addon = native();

function inWritableMapping(address: bigint): boolean {
  return readFileSync('/proc/self/maps', 'utf8')
    .split('\n')
    .some((line) => {
      const match = /^([0-9a-f]+)-([0-9a-f]+) rw/.exec(line);
      if (!match) return false;
      return BigInt(`0x${match[1] ?? ''}`) <= address && address < BigInt(`0x${match[2] ?? ''}`);
    });
}

test('an ArrayBuffer is located in writable memory of this process', (t) => {
  const { address, length } = addon.locate(new ArrayBuffer(100));
  t.is(length, 100);
  t.true(inWritableMapping(address));
});

test('a view is located at its offset, with its own length', (t) => {
  const buffer = new ArrayBuffer(256);
  const { address } = addon.locate(buffer);
  const views = [
    new Uint8Array(buffer, 16, 8),
    new Uint8ClampedArray(buffer, 16, 8),
    new Int8Array(buffer, 16, 8),
    new Int16Array(buffer, 16, 8),
    new Uint16Array(buffer, 16, 8),
    new Int32Array(buffer, 16, 8),
    new Uint32Array(buffer, 16, 8),
    new Float32Array(buffer, 16, 8),
    new Float64Array(buffer, 16, 8),
    new BigInt64Array(buffer, 16, 8),
    new BigUint64Array(buffer, 16, 8),
    new DataView(buffer, 16, 8),
    Buffer.from(buffer, 16, 8),
  ];
  for (const view of views) {
    t.deepEqual(addon.locate(view), { address: address + 16n, length: view.byteLength });
  }
});

test('small typed arrays, which start inside the JavaScript heap, have a lasting address', (t) => {
  const view = new Uint8Array(4);
  const before = addon.locate(view);
  t.deepEqual(addon.locate(view.buffer), before);
  t.true(inWritableMapping(before.address));
});

test('a SharedArrayBuffer and its views are located', (t) => {
  const buffer = new SharedArrayBuffer(64);
  const { address, length } = addon.locate(buffer);
  t.is(length, 64);
  t.true(inWritableMapping(address));
  t.deepEqual(addon.locate(new Uint16Array(buffer, 8, 4)), { address: address + 8n, length: 8 });
  t.deepEqual(addon.locate(new DataView(buffer, 8, 4)), { address: address + 8n, length: 4 });
});

test('buffers of another realm are located', (t) => {
  for (const name of ['ArrayBuffer', 'SharedArrayBuffer', 'Uint8Array', 'Float64Array']) {
    const buffer = runInNewContext(`new ${name}(16)`) as ArrayBuffer;
    t.is(addon.locate(buffer).length, buffer.byteLength, name);
  }
});

test('a resizable buffer has its present length', (t) => {
  const buffer = resizableBuffer(8192, 16384);
  t.is(addon.locate(buffer).length, 8192);
  buffer.resize(16384);
  t.is(addon.locate(buffer).length, 16384);
});

test('a view that a resize left without its bytes throws RangeError', (t) => {
  const buffer = resizableBuffer(16384, 16384);
  const views = [new Uint8Array(buffer, 8192, 16), new DataView(buffer, 8192, 16)];
  for (const view of views) t.is(addon.locate(view).length, 16);
  buffer.resize(4096);
  for (const view of views) t.throws(() => addon.locate(view), { instanceOf: RangeError });
});

test('a detached buffer throws RangeError, and so do its views', (t) => {
  const buffer = new ArrayBuffer(64);
  const views = [new Uint8Array(buffer), new DataView(buffer)];
  detach(buffer);
  for (const value of [buffer, ...views]) {
    t.throws(() => addon.locate(value), { instanceOf: RangeError, message: /detached/ });
  }
});

test('an empty buffer throws RangeError', (t) => {
  const empty = [
    new ArrayBuffer(0),
    new SharedArrayBuffer(0),
    new Uint8Array(0),
    new DataView(new ArrayBuffer(8), 8),
    Buffer.alloc(0),
  ];
  for (const value of empty) {
    t.throws(() => addon.locate(value), { instanceOf: RangeError, message: /no bytes/ });
  }
});

test('whatever is no buffer throws TypeError, and none of its code runs', (t) => {
  const touched = new Proxy(
    {},
    {
      get: (): never => t.fail('a property was read'),
      getPrototypeOf: (): never => t.fail('the prototype was read'),
    },
  );
  const impostor: unknown = Object.create(SharedArrayBuffer.prototype);
  const locate = unchecked('locate');
  const values = [undefined, null, 1, 1n, 'x', true, Symbol('x'), {}, [1, 2], impostor, touched];
  for (const value of values) t.throws(() => locate(value), { instanceOf: TypeError });
  t.throws(() => locate(), { instanceOf: TypeError });
});

test.serial('globals that are replaced after loading have no effect', (t) => {
  const original = globalThis.Uint8Array;
  try {
    globalThis.Uint8Array = function replaced() {
      throw new Error('called');
    } as unknown as typeof Uint8Array;
    t.is(addon.locate(new SharedArrayBuffer(32)).length, 32);
  } finally {
    globalThis.Uint8Array = original;
  }
});
