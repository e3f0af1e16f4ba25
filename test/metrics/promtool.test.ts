// SPDX-License-Identifier: MIT
import test from 'ava';
import { spawnSync } from 'node:child_process';
import { expositionOf, snapshotOf, totalsOf } from './snapshots.js';

const promtool = process.env.UPM_PROMTOOL ?? 'promtool';
const works = spawnSync(promtool, ['--version']).status === 0;
if (!works)
  console.log('SKIP-REASON promtool check metrics: no promtool (Debian package prometheus)');
const promtoolTest = works ? test : test.skip;

promtoolTest('promtool has no complaint', async (t) => {
  const exposition = expositionOf({
    driverStatus: () => ({
      mode: 'idle',
      reason: '',
      waiting: false,
      scansSinceKick: 0,
      ksmdCpuSeconds: 0,
      ksmdCpuShare: 0,
      applied: undefined,
      mergedBytes: 0,
      converged: 0,
      timedOut: 0,
    }),
  });
  exposition.update(snapshotOf({ functions: [totalsOf('a'), totalsOf('b"\n')] }));
  const check = spawnSync(promtool, ['check', 'metrics'], {
    input: await exposition.render(),
    encoding: 'utf8',
  });
  t.is(`${check.stdout}${check.stderr}`, '');
  t.is(check.status, 0);
});
