// SPDX-License-Identifier: MIT
import test from 'ava';
import fc from 'fast-check';
import { readMaps } from '../../src/proc/maps.js';
import { parseSmaps, readSmaps } from '../../src/proc/smaps.js';
import { arbitrarySmapsMapping, mappingOf, printSmaps } from './printers.js';
import { failureIn, fixtureRoots, temporaryProc, valueOf } from './trees.js';

const captured = fixtureRoots({ proc: 'proc-6.18' });
const MiB = 1024 * 1024;

test('smaps has the mappings that maps has', async (t) => {
  for (const pid of [37, 8233, 8234, 8235, 8243]) {
    const maps = valueOf(await readMaps(captured, pid));
    const smaps = valueOf(await readSmaps(captured, pid));
    t.deepEqual(smaps.map(mappingOf), maps);
  }
});

test('memory that KSM merged is counted and marked mergeable', async (t) => {
  const smaps = valueOf(await readSmaps(captured, 8233));
  const weights = smaps.find((mapping) => mapping.usage.ksmBytes === 4 * MiB);
  t.true(weights?.vmFlags.includes('mg'));
  t.is(weights?.path, '');
  const shared = weights?.usage.sharedDirtyBytes ?? 0;
  t.true(shared >= 4 * MiB);
});

test('huge pages of both kinds are counted, and unknown lines passed over', async (t) => {
  const smaps = valueOf(await readSmaps(fixtureRoots({ proc: 'proc-5.10' }), 2041));
  t.is(smaps[0]?.usage.anonHugePagesBytes, 64 * MiB);
  t.deepEqual(smaps[0]?.vmFlags, ['rd', 'wr', 'mr', 'mw', 'me', 'ac', 'hg', 'mg', 'sd']);
  t.is(smaps[1]?.path, '/anon_hugepage (deleted)');
  t.is(smaps[1]?.usage.sharedHugetlbBytes, 4 * MiB);
  t.is(smaps[1]?.usage.privateHugetlbBytes, 2 * MiB);
  t.is(smaps[1]?.usage.rssBytes, 0);
});

test('fields that an old kernel lacks are absent', async (t) => {
  const smaps = valueOf(await readSmaps(fixtureRoots({ proc: 'proc-4.9' }), 610));
  const usage = smaps[2]?.usage;
  t.is(smaps[2]?.path, '[heap]');
  t.is(usage?.swapBytes, 8 * 1024);
  t.false(Object.hasOwn(usage ?? {}, 'lazyFreeBytes'));
  t.false(Object.hasOwn(usage ?? {}, 'ksmBytes'));
  t.false(Object.hasOwn(usage ?? {}, 'pssDirtyBytes'));
});

test('a kernel that prints no flags gives an empty list of them', (t) => {
  fc.assert(
    fc.property(arbitrarySmapsMapping, (mapping) => {
      const printed = printSmaps([mapping]).replace(/VmFlags: .*\n$/, '');
      t.deepEqual(parseSmaps(printed)?.[0]?.vmFlags, []);
    }),
    { numRuns: 10 },
  );
});

test('a field before the first mapping, without a unit or without a number is malformed', async (t) => {
  const header = '00400000-00452000 r-xp 00000000 08:02 1 /a\n';
  for (const bad of [
    'Rss: 4 kB\n',
    `${header}Rss: 4\n`,
    `${header}Rss: kB\n`,
    `${header}Rss: 4x kB\n`,
    `${header}Rss: 99999999999999999 kB\n`,
    `${header}Rss\n`,
    `${header}Rss: 4 kB\n`,
    header,
  ]) {
    t.is(parseSmaps(bad), undefined, bad);
  }
  const roots = await temporaryProc(t, { '7/smaps': header });
  t.is(failureIn(await readSmaps(roots, 7)).kind, 'invalid');
});

test('what the kernel prints for any mappings with numbers is what is parsed', (t) => {
  fc.assert(
    fc.property(fc.array(arbitrarySmapsMapping, { maxLength: 5 }), (mappings) => {
      t.deepEqual(parseSmaps(printSmaps(mappings)), mappings);
    }),
  );
  t.pass();
});

test('smaps cut at any byte is malformed or holds nothing that the whole does not', async (t) => {
  const whole = valueOf(await readSmaps(fixtureRoots({ proc: 'proc-4.9' }), 610));
  const text = printSmaps(whole);
  for (let length = 0; length < text.length; length += 1) {
    const cut = parseSmaps(text.slice(0, length));
    if (cut === undefined) continue;
    t.deepEqual(cut.slice(0, -1), whole.slice(0, Math.max(0, cut.length - 1)));
    const last = cut.at(-1);
    if (last !== undefined) t.like(whole[cut.length - 1]?.usage, { ...last.usage });
  }
  t.pass();
});
