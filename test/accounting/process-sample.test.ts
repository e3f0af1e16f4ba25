// SPDX-License-Identifier: MIT
import test from 'ava';
import { advisedBytesOf, sampleProcess } from '../../src/accounting/process-sample.js';
import { makeHost, noMerge } from '../daemon/fake-host.js';
import { makeProc } from '../daemon/fake-proc.js';
import { factsOf } from './samples.js';

const identity = factsOf({ pid: 10, startTimeTicks: 100n });

test('a process that did not opt in is read from the sums', async (t) => {
  const proc = makeProc(t);
  proc.put({ pid: 10, rssKilobytes: 90, pssKilobytes: 40, privateKilobytes: 30 });
  t.like(await sampleProcess({ roots: proc.roots, host: makeHost() }, identity), {
    kind: 'value',
    value: {
      usage: { rssBytes: 90 * 1024, pssBytes: 40 * 1024 },
      uniqueBytes: 30 * 1024,
      advisedBytes: 0,
    },
  });
});

test('anonymous memory in mergeable mappings is advised', async (t) => {
  const proc = makeProc(t);
  proc.put({ pid: 10, rssKilobytes: 90, advisedKilobytes: 64 });
  const host = makeHost();
  host.states.set(10, { ...noMerge, optedIn: true, mergedBytes: 4096 });
  t.like(await sampleProcess({ roots: proc.roots, host }, identity), {
    kind: 'value',
    value: { advisedBytes: 64 * 1024, merge: { value: { mergedBytes: 4096 } } },
  });
});

test('where the kernel does not tell about merging, advised memory is unknown', async (t) => {
  const proc = makeProc(t);
  proc.put({ pid: 10 });
  const host = makeHost();
  host.failures.set(10, { kind: 'denied', path: 'ksm_stat', message: 'no' });
  const sample = await sampleProcess({ roots: proc.roots, host }, identity);
  t.like(sample, { kind: 'value', value: { advisedBytes: undefined, merge: { kind: 'denied' } } });
});

test('another process under the same pid is not taken for it', async (t) => {
  const proc = makeProc(t);
  proc.put({ pid: 10, startTime: 101 });
  t.like(await sampleProcess({ roots: proc.roots, host: makeHost() }, identity), { kind: 'gone' });
});

test('a process that is not there is gone', async (t) => {
  const proc = makeProc(t);
  t.like(await sampleProcess({ roots: proc.roots, host: makeHost() }, identity), { kind: 'gone' });
});

test('kernels that do not count anonymous memory give the resident one', (t) => {
  const usage = {
    rssBytes: 5,
    pssBytes: 0,
    sharedCleanBytes: 0,
    sharedDirtyBytes: 0,
    privateCleanBytes: 0,
    privateDirtyBytes: 0,
  };
  const mapping = {
    start: 0n,
    end: 4096n,
    read: true,
    write: true,
    execute: false,
    shared: false,
    offset: 0n,
    device: '00:00',
    inode: 0n,
    path: '',
  };
  t.is(
    advisedBytesOf([
      { ...mapping, usage, vmFlags: ['rd', 'mg'] },
      { ...mapping, usage: { ...usage, anonymousBytes: 3 }, vmFlags: ['mg'] },
      { ...mapping, usage, vmFlags: ['rd'] },
    ]),
    8,
  );
});
