// SPDX-License-Identifier: MIT
import test from 'ava';
import fc from 'fast-check';
import { parseMaps, readMaps } from '../../src/proc/maps.js';
import { arbitraryMapping, printMapping } from './printers.js';
import { failureIn, fixtureRoots, temporaryProc, valueOf } from './trees.js';

const captured = fixtureRoots({ proc: 'proc-6.18' });
const line = '00400000-00452000 r-xp 00001000 08:02 173521';

test('a line of maps gives addresses, permissions, offset, device, inode and path', (t) => {
  t.deepEqual(parseMaps(`${line}                             /usr/bin/dbus-daemon\n`), [
    {
      start: 0x400000n,
      end: 0x452000n,
      read: true,
      write: false,
      execute: true,
      shared: false,
      offset: 0x1000n,
      device: '08:02',
      inode: 173521n,
      path: '/usr/bin/dbus-daemon',
    },
  ]);
});

test('anonymous memory has an empty path', (t) => {
  t.is(parseMaps('7f55-7f66 rw-p 00000000 00:00 0 \n')?.[0]?.path, '');
  t.is(parseMaps('7f55-7f66 rw-p 00000000 00:00 0')?.[0]?.path, '');
});

test('names of special memory, spaces, newlines and deleted files come through', async (t) => {
  const paths = valueOf(await readMaps(captured, 8233)).map((mapping) => mapping.path);
  for (const path of [
    '[heap]',
    '[stack]',
    '[vdso]',
    '[vvar]',
    '/tmp/model weights (v2).bin (deleted)',
    '/tmp/two\nlines.bin',
    '/tmp/back\\slash.bin',
    '/memfd:ring buffer (deleted)',
    '/dev/zero (deleted)',
  ]) {
    t.true(paths.includes(path), path);
  }
});

test('shared memory is told from private memory', async (t) => {
  const mappings = valueOf(await readMaps(captured, 8233));
  const shared = mappings.filter((mapping) => mapping.shared).map((mapping) => mapping.path);
  t.deepEqual(shared, [
    '/memfd:ring buffer (deleted)',
    '/dev/zero (deleted)',
    '/usr/lib/x86_64-linux-gnu/gconv/gconv-modules.cache',
  ]);
});

test('addresses above 2^63 are exact', async (t) => {
  const last = valueOf(await readMaps(captured, 8233)).at(-1);
  t.is(last?.path, '[vsyscall]');
  t.is(last?.start, 0xffffffffff600000n);
  t.is(last?.end, 0xffffffffff601000n);
  t.false(last?.read);
});

test('named anonymous memory keeps its name', async (t) => {
  const mappings = valueOf(await readMaps(fixtureRoots({ proc: 'proc-6.1' }), 310));
  t.deepEqual(
    mappings.map((mapping) => mapping.path),
    ['[anon:model weights: layer 1]', '[anon_shmem:ring]'],
  );
});

test('kernel threads and zombies have no mappings', async (t) => {
  t.deepEqual(valueOf(await readMaps(captured, 37)), []);
  t.deepEqual(valueOf(await readMaps(captured, 8243)), []);
});

test('a process that lost its memory during the read is gone, not half read', async (t) => {
  const roots = await temporaryProc(t, {
    '7/maps': `${line} /bin/true\n`,
    '7/statm': '0 0 0 0 0 0 0\n',
  });
  t.like(failureIn(await readMaps(roots, 7)), {
    kind: 'gone',
    message: 'the process ended during the read',
  });
});

test('a malformed line makes the file invalid', async (t) => {
  for (const bad of [
    'x',
    '\n',
    '00400000 r-xp 00000000 08:02 1 /a',
    '00452000-00400000 r-xp 00000000 08:02 1 /a',
    '00400000-00452000 rwx 00000000 08:02 1 /a',
    '00400000-00452000 xwrp 00000000 08:02 1 /a',
    '0040000g-00452000 r-xp 00000000 08:02 1 /a',
    '00400000-10000000000000000 r-xp 00000000 08:02 1 /a',
    '00400000-00452000 r-xp 00000000 0802 1 /a',
    '00400000-00452000 r-xp 00000000 08:02 -1 /a',
    '00400000-00452000 r-xp 00000000 08:02',
  ]) {
    t.is(parseMaps(`${line}\n${bad}\n`), undefined, bad);
  }
  const roots = await temporaryProc(t, { '7/maps': 'nonsense\n' });
  t.like(failureIn(await readMaps(roots, 7)), {
    kind: 'invalid',
    message: 'malformed: expected lines of mappings',
  });
});

test('what the kernel prints for any mappings is what is parsed', (t) => {
  fc.assert(
    fc.property(fc.array(arbitraryMapping, { maxLength: 5 }), (mappings) => {
      t.deepEqual(parseMaps(mappings.map(printMapping).join('')), mappings);
    }),
  );
  t.pass();
});
