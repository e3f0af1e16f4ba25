// SPDX-License-Identifier: MIT
import test from 'ava';
import fc from 'fast-check';
import { parseCmdline, readCmdline } from '../../src/proc/cmdline.js';
import { failureIn, fixtureRoots, temporaryProc, valueOf } from './trees.js';

const captured = fixtureRoots({ proc: 'proc-6.18' });

test('arguments are split at NULs', async (t) => {
  t.deepEqual(valueOf(await readCmdline(captured, 8233)), {
    arguments: ['python3', '/tmp/shapes.py', 'merge', 'zombie'],
    truncated: false,
  });
});

test('a title written over the arguments comes without its padding', async (t) => {
  t.deepEqual(valueOf(await readCmdline(captured, 8235)).arguments, ['function: resize']);
});

test('kernel threads and zombies have no arguments', async (t) => {
  for (const pid of [37, 8243])
    t.deepEqual(valueOf(await readCmdline(captured, pid)), { arguments: [], truncated: false });
});

test('an empty argument in the middle is kept', (t) => {
  t.deepEqual(parseCmdline('a\0\0b\0'), ['a', '', 'b']);
});

test('an argument list of megabytes is cut at 64 KiB and says so', async (t) => {
  const roots = await temporaryProc(t, {
    '7/cmdline': Buffer.alloc(3_000_000, 'a'),
    '8/cmdline': Buffer.alloc(64 * 1024, 'a'),
    '9/cmdline': Buffer.alloc(64 * 1024 + 1, 'a'),
  });
  const huge = valueOf(await readCmdline(roots, 7));
  t.true(huge.truncated);
  t.is(huge.arguments[0]?.length, 64 * 1024);
  t.false(valueOf(await readCmdline(roots, 8)).truncated);
  t.true(valueOf(await readCmdline(roots, 9)).truncated);
});

test('bytes that are no UTF-8 are replaced', async (t) => {
  const roots = await temporaryProc(t, { '7/cmdline': Buffer.from([0x61, 0xff, 0x62, 0]) });
  t.deepEqual(valueOf(await readCmdline(roots, 7)).arguments, ['a\u{fffd}b']);
});

test('a process that is gone is gone', async (t) => {
  t.is(failureIn(await readCmdline(captured, 1)).kind, 'gone');
});

test('any arguments survive, but for empty ones at the end', (t) => {
  const argument = fc.string().filter((text) => !text.includes('\0'));
  fc.assert(
    fc.property(fc.array(argument), (list) => {
      const expected = list.slice(0, list.findLastIndex((text) => text !== '') + 1);
      t.deepEqual(parseCmdline(list.map((text) => `${text}\0`).join('')), expected);
    }),
  );
});
