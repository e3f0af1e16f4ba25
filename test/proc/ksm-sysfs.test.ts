// SPDX-License-Identifier: MIT
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { ksmFiles, ksmFolder, parseAdvisorMode, readKsmState } from '../../src/proc/ksm-sysfs.js';
import { failureIn, fixtureRoots, temporaryProc, valueOf } from './trees.js';

test('a kernel without KSM has no state', async (t) => {
  const failure = failureIn(await readKsmState(fixtureRoots({})));
  t.is(failure.kind, 'absent');
  t.true(failure.path.endsWith('/kernel/mm/ksm'));
});

test('an idle ksmd', async (t) => {
  const state = valueOf(await readKsmState(fixtureRoots({ sys: 'sys-6.18-ksm-off' })));
  t.is(state.run, 0);
  t.is(state.advisorMode, 'none');
  t.is(state.maxPageSharing, 256);
  t.deepEqual(Object.keys(state).sort(), Object.keys(ksmFiles).sort());
});

test('a running ksmd that merged pages', async (t) => {
  const state = valueOf(await readKsmState(fixtureRoots({ sys: 'sys-6.18-ksm-on' })));
  t.is(state.run, 1);
  t.is(state.pagesSharing, 16065);
  t.true((state.generalProfit ?? 0) > 0);
});

test('an older kernel lacks the newer files', async (t) => {
  const state = valueOf(await readKsmState(fixtureRoots({ sys: 'sys-4.19' })));
  t.deepEqual(state, {
    run: 1,
    pagesToScan: 100,
    sleepMillisecs: 20,
    mergeAcrossNodes: 1,
    useZeroPages: 0,
    maxPageSharing: 256,
    pagesShared: 310,
    pagesSharing: 2944,
    pagesUnshared: 1733,
    pagesVolatile: 28,
    fullScans: 12,
    stableNodeChains: 1,
    stableNodeDups: 12,
  });
});

test('an advisor that is on, and a KSM that costs more than it saves', async (t) => {
  const state = valueOf(await readKsmState(fixtureRoots({ sys: 'sys-6.8-advisor' })));
  t.is(state.advisorMode, 'scan-time');
  t.is(state.advisorTargetScanTime, 200);
  t.is(state.generalProfit, -20480);
});

test('the advisor mode is the word in brackets', (t) => {
  t.is(parseAdvisorMode('[none] scan-time\n'), 'none');
  t.is(parseAdvisorMode('none [scan-time]\n'), 'scan-time');
  t.is(parseAdvisorMode('none scan-time\n'), undefined);
  t.is(parseAdvisorMode('none scan-time [other]\n'), undefined);
});

test('one file that makes no sense fails the whole, and is named', async (t) => {
  const { proc } = await temporaryProc(t, {
    'kernel/mm/ksm/run': '1\n',
    'kernel/mm/ksm/pages_to_scan': 'many\n',
  });
  const failure = failureIn(await readKsmState({ proc, sys: proc }));
  t.is(failure.kind, 'invalid');
  t.is(failure.path, join(ksmFolder({ proc, sys: proc }), 'pages_to_scan'));
});

test('a folder in place of a file is invalid', async (t) => {
  const { proc } = await temporaryProc(t, { 'kernel/mm/ksm/run': '1\n' });
  await mkdir(join(proc, 'kernel/mm/ksm/advisor_mode'));
  t.is(failureIn(await readKsmState({ proc, sys: proc })).kind, 'invalid');
});
