// SPDX-License-Identifier: MIT
/** Calls whose outcome depends on privileges and on what the running kernel has. */
import test from 'ava';
import { native } from '../../src/native/addon.js';
import { runProgram } from './support.js';

const asRoot = process.getuid?.() === 0;
const rootTest = asRoot ? test : test.skip;
if (!asRoot) console.log('SKIP-REASON only root can start a process of another user');

const mergeTest = hasMemoryMerge() ? test : test.skip;
if (!hasMemoryMerge()) console.log('SKIP-REASON PR_SET_MEMORY_MERGE needs Linux 6.4 with KSM');

function hasMemoryMerge(): boolean {
  try {
    native().getMemoryMerge();
    return true;
  } catch {
    return false;
  }
}

rootTest('a user may not look into processes of another one, nor count mappings', async (t) => {
  const nobody = 65_534;
  const ended = await runProgram('privileges', [], { uid: nobody, gid: nobody });
  t.is(ended.stderr, '');
  t.deepEqual(JSON.parse(ended.stdout), {
    hashPages: 'EACCES',
    readPagemap: 'EACCES',
    readPageCounts: 'EACCES',
    pidfdOpen: 'none',
    ownPagemap: 'none',
  });
});

mergeTest('memory merging of a process is switched on, inherited, and switched off', async (t) => {
  const ended = await runProgram('merge');
  t.is(ended.stderr, '');
  const result = JSON.parse(ended.stdout) as Readonly<Record<string, unknown>>;
  t.like(result, { atStart: false, switchedOn: true, switchedOff: false });
  // Whether exec keeps it depends on the kernel.
  t.true(result.child === 'true' || result.child === 'false');
});
