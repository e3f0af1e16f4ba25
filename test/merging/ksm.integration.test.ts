// SPDX-License-Identifier: MIT
/** Real merging by the running kernel, seen in page frames and PSS. */
import test from 'ava';
import { measurePotential, type KindPotential } from '../../src/accounting/potential.js';
import { createKsmHost } from '../../src/backends/ksm/host.js';
import { native } from '../../src/native/addon.js';
import { hostRoots } from '../../src/proc/reading.js';
import { driveOnce, ksmSettings, whyNoMerging } from './kernel.js';
import { countShared, framesOf, pssOf, startTwin } from './twins.js';

const reason = await whyNoMerging();
if (reason !== undefined) console.log(`SKIP-REASON real merging: ${reason}`);
const kernelTest = reason === undefined ? test : test.skip;

function stillToSave(kind: KindPotential): number {
  return (kind.distinctFrames ?? Number.NaN) - kind.distinctContents;
}

const mebibytes = 16;
const bytes = mebibytes * 1024 * 1024;

kernelTest('equal pages of two processes end up on the same frames, and PSS falls', async (t) => {
  const settings = await ksmSettings();
  const a = await startTwin(t, { mebibytes, seed: 'equal', how: 'advise' });
  const b = await startTwin(t, { mebibytes, seed: 'equal', how: 'advise' });
  t.true(a.advisedBytes >= bytes - 2 * native().pageSize);
  t.is(await countShared(a, b), 0);
  const pssBefore = (await pssOf(a)) + (await pssOf(b));

  t.is((await driveOnce(t)).kind, 'converged');

  t.is(await countShared(a, b), a.pages);
  const frames = new Set(await framesOf(a));
  t.is(frames.size, a.pages, 'different pages keep different frames');
  const counts = await native().readPageCounts(BigUint64Array.from(frames));
  t.true(
    counts.every((count) => count >= 2n),
    'each frame is mapped by both',
  );
  const pssSaved = pssBefore - (await pssOf(a)) - (await pssOf(b));
  t.true(pssSaved > bytes * 0.95, `PSS fell by ${pssSaved}`);
  t.deepEqual(await ksmSettings(), settings);
});

kernelTest(
  'a write gives the writer its own page back, and leaves the other as it was',
  async (t) => {
    const a = await startTwin(t, { mebibytes, seed: 'written', how: 'advise' });
    const b = await startTwin(t, { mebibytes, seed: 'written', how: 'advise' });
    const sum = await a.ask('sum');
    t.is(await b.ask('sum'), sum);
    t.is((await driveOnce(t)).kind, 'converged');
    t.is(await countShared(a, b), a.pages);

    t.is(await a.ask('write 100'), 'written');

    t.is(await countShared(a, b), a.pages - 1);
    t.not(await a.ask('sum'), sum);
    t.is(await b.ask('sum'), sum);
  },
);

kernelTest('merged content is read unchanged, and different content is not merged', async (t) => {
  const a = await startTwin(t, { mebibytes, seed: 'one', how: 'advise' });
  const b = await startTwin(t, { mebibytes, seed: 'another', how: 'advise' });
  const sums = [await a.ask('sum'), await b.ask('sum')];
  t.is((await driveOnce(t)).kind, 'converged');
  t.is(await countShared(a, b), 0);
  t.deepEqual([await a.ask('sum'), await b.ask('sum')], sums);
});

kernelTest('advice taken back makes the pages private again', async (t) => {
  const a = await startTwin(t, { mebibytes, seed: 'back', how: 'advise' });
  const b = await startTwin(t, { mebibytes, seed: 'back', how: 'advise' });
  t.is((await driveOnce(t)).kind, 'converged');
  t.is(await countShared(a, b), a.pages);
  const sum = await b.ask('sum');
  t.is(Number(await a.ask('unadvise')), a.advisedBytes);
  t.is(await countShared(a, b), 0);
  t.is(await a.ask('sum'), sum);
  t.is(await b.ask('sum'), sum);
});

kernelTest('what is not advised is not merged', async (t) => {
  const a = await startTwin(t, { mebibytes, seed: 'unadvised', how: 'advise' });
  const b = await startTwin(t, { mebibytes, seed: 'unadvised', how: 'hold' });
  await driveOnce(t);
  t.is(await countShared(a, b), 0);
});

kernelTest(
  'upm-advise run opens a whole command: its memory merges without a call of its own',
  async (t) => {
    const a = await startTwin(t, { mebibytes, seed: 'launched', how: 'launch' });
    const b = await startTwin(t, { mebibytes, seed: 'launched', how: 'launch' });
    t.is((await driveOnce(t)).kind, 'converged');
    t.is(await countShared(a, b), a.pages);
  },
);

kernelTest('measuring the potential counts what is merged, and does not unmerge it', async (t) => {
  const a = await startTwin(t, { mebibytes, seed: 'potential', how: 'advise' });
  const b = await startTwin(t, { mebibytes, seed: 'potential', how: 'advise' });
  const pids = [a.pid, b.pid];
  const anonymous = async (): Promise<KindPotential | undefined> => {
    const potential = await measurePotential(hostRoots, pids);
    if (potential.kind !== 'value') throw new Error(potential.message);
    return potential.value.find((kind) => kind.kind === 'anonymous');
  };
  const before = await anonymous();
  t.true(before && stillToSave(before) >= a.pages);
  t.is((await driveOnce(t)).kind, 'converged');
  t.is(await countShared(a, b), a.pages);

  const after = await anonymous();

  t.true(after && stillToSave(after) <= (before ? stillToSave(before) : 0) - a.pages);
  t.is(await countShared(a, b), a.pages);
});

kernelTest("the kernel's counters, translated, agree with the frames counted", async (t) => {
  const host = createKsmHost(hostRoots, native().pageSize);
  const a = await startTwin(t, { mebibytes, seed: 'counted', how: 'advise' });
  const b = await startTwin(t, { mebibytes, seed: 'counted', how: 'advise' });
  t.is((await driveOnce(t)).kind, 'converged');
  const merged = a.pages * native().pageSize;
  for (const twin of [a, b]) {
    const state = await host.readProcess(twin.pid);
    t.is(state.kind, 'value');
    if (state.kind === 'value') {
      t.true(state.value.optedIn);
      t.is(state.value.mergedBytes, merged);
    }
  }
  const counters = await host.readHost();
  t.is(counters.kind, 'value');
  // Others on this host may have merged memory as well.
  if (counters.kind === 'value') {
    t.true(counters.value.savedBytes >= merged);
    t.true(counters.value.sharedBytes >= merged);
  }
});
