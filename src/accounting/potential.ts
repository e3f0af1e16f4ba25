// SPDX-License-Identifier: MIT
/**
 * What merging could save in a set of processes: their private pages are hashed and counted. Reading
 * is all it does; no page is touched that was not present.
 */
import { randomBytes } from 'node:crypto';
import { isErrnoException, messageOf } from '../errors.js';
import { native } from '../native/addon.js';
import { frameOf } from '../proc/pagemap.js';
import { readMaps } from '../proc/maps.js';
import type { HostRoots, ReadFailure, Reading } from '../proc/reading.js';
import { classify, type RegionKind } from '../regions/classify.js';
import { rangeBytes, type AddressRange } from '../regions/range.js';

/** Kinds whose pages can be anonymous, and so be merged. */
const mergeableKinds = ['anonymous', 'heap', 'jit', 'file-written'] as const;
export type MergeableKind = (typeof mergeableKinds)[number];

/** Pages of one kind over all processes of the set. */
export interface KindPotential {
  readonly kind: MergeableKind;
  /** Present pages that could be read. */
  readonly pages: number;
  /** Of those, pages of zeros only. */
  readonly zeroPages: number;
  /** Different contents: what would be left if everything equal were merged. */
  readonly distinctContents: number;
  /**
   * Different page frames: what is there now. Undefined without CAP_SYS_ADMIN, for which the kernel
   * hides frame numbers.
   */
  readonly distinctFrames: number | undefined;
  /** Present pages that could not be read. */
  readonly unreadablePages: number;
}

/** At most this many pages are hashed a call: it bounds the memory a call takes. */
const chunkPages = 1 << 16;

interface Collected {
  readonly hashes: BigUint64Array[];
  readonly frames: BigUint64Array[];
  zeroPages: number;
  unreadablePages: number;
}

/**
 * Hashes the private memory of the processes. Equal hashes (64 bits under a random key) are taken for
 * equal pages.
 * @returns a failure if a process is gone or may not be read.
 */
export async function measurePotential(
  roots: HostRoots,
  pids: readonly number[],
): Promise<Reading<readonly KindPotential[]>> {
  const key = randomBytes(32);
  const byKind = new Map<RegionKind, Collected>();
  for (const pid of pids) {
    const mappings = await readMaps(roots, pid);
    if (mappings.kind !== 'value') return mappings;
    for (const mapping of mappings.value) {
      const kind = classify(mapping);
      if (!isMergeable(kind)) continue;
      const collected = byKind.get(kind) ?? emptyCollection();
      byKind.set(kind, collected);
      try {
        await collect(pid, mapping, key, collected);
      } catch (error) {
        const failure = failureOf(pid, error);
        // Unmapped since maps was read: nothing to count.
        if (failure !== undefined) return failure;
      }
    }
  }
  const value = mergeableKinds.flatMap((kind) => {
    const collected = byKind.get(kind);
    return collected ? [summarize(kind, collected)] : [];
  });
  return { kind: 'value', value };
}

function isMergeable(kind: RegionKind): kind is MergeableKind {
  return mergeableKinds.some((each) => each === kind);
}

function emptyCollection(): Collected {
  return { hashes: [], frames: [], zeroPages: 0, unreadablePages: 0 };
}

async function collect(
  pid: number,
  range: AddressRange,
  key: Uint8Array,
  into: Collected,
): Promise<void> {
  const addon = native();
  const pageSize = BigInt(addon.pageSize);
  const total = Number(rangeBytes(range) / pageSize);
  for (let first = 0; first < total; first += chunkPages) {
    const pages = Math.min(chunkPages, total - first);
    const address = range.start + BigInt(first) * pageSize;
    const { hashes, states } = await addon.hashPages(pid, address, BigInt(pages) * pageSize, key);
    const entries = await addon.readPagemap(pid, address, pages);
    const kept = new BigUint64Array(pages);
    const frames = new BigUint64Array(pages);
    let count = 0;
    for (let index = 0; index < pages; index += 1) {
      const state = states[index];
      if (state === addon.pageStates.unreadable) into.unreadablePages += 1;
      if (state !== addon.pageStates.hashed && state !== addon.pageStates.zero) continue;
      if (state === addon.pageStates.zero) into.zeroPages += 1;
      kept[count] = hashes[index] ?? 0n;
      frames[count] = frameOf(entries[index] ?? 0n);
      count += 1;
    }
    into.hashes.push(kept.subarray(0, count));
    into.frames.push(frames.subarray(0, count));
  }
}

function failureOf(pid: number, error: unknown): ReadFailure | undefined {
  const path = `/proc/${pid}/pagemap`;
  const message = messageOf(error);
  const code = isErrnoException(error) ? error.code : undefined;
  if (code === 'ENOENT' || code === 'ESRCH') return { kind: 'gone', path, message };
  if (code === 'EACCES' || code === 'EPERM') return { kind: 'denied', path, message };
  if (code === 'EFAULT' || code === 'ENOMEM') return undefined;
  return { kind: 'invalid', path, message };
}

function summarize(kind: MergeableKind, collected: Collected): KindPotential {
  const hashes = joined(collected.hashes);
  const frames = joined(collected.frames);
  const framesKnown = frames.some((frame) => frame !== 0n);
  return {
    kind,
    pages: hashes.length,
    zeroPages: collected.zeroPages,
    distinctContents: countDistinct(hashes),
    distinctFrames: framesKnown ? countDistinct(frames) : undefined,
    unreadablePages: collected.unreadablePages,
  };
}

function joined(parts: readonly BigUint64Array[]): BigUint64Array {
  const whole = new BigUint64Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

/** Sorts in place: on millions of numbers much smaller and faster than a Set of them. */
export function countDistinct(values: BigUint64Array): number {
  values.sort();
  let distinct = 0;
  for (let index = 0; index < values.length; index += 1) {
    if (index === 0 || values[index] !== values[index - 1]) distinct += 1;
  }
  return distinct;
}
