// SPDX-License-Identifier: MIT
import test from 'ava';
import { expositionOf, ownLines, snapshotOf, totalsOf } from './snapshots.js';

test('before the first sample only what is known shows', async (t) => {
  t.deepEqual(await ownLines(expositionOf()), [
    'upm_build_info{version="1.2.3"} 1',
    'upm_backend_info{backend="ksm"} 1',
    'upm_module_up 0',
    'upm_sampler_cpu_seconds_total 0.5',
    'upm_series_dropped_total 0',
  ]);
});

test('a snapshot shows as metrics', async (t) => {
  const exposition = expositionOf({
    driverStatus: () => ({
      mode: 'driving',
      reason: 'advised memory is waiting',
      waiting: false,
      scansSinceKick: 1,
      ksmdCpuSeconds: 1.25,
      ksmdCpuShare: 0.5,
      applied: undefined,
      mergedBytes: 0,
      converged: 4,
      timedOut: 1,
    }),
  });
  exposition.update(snapshotOf({ functions: [totalsOf('resize')] }));
  const labels = '{namespace="default",function="resize"}';
  t.deepEqual((await ownLines(exposition)).slice(3), [
    'upm_sampler_cpu_seconds_total 0.5',
    'upm_series_dropped_total 0',
    'upm_ksm_driver_mode{mode="observing"} 0',
    'upm_ksm_driver_mode{mode="idle"} 0',
    'upm_ksm_driver_mode{mode="driving"} 1',
    'upm_ksm_driver_mode{mode="blocked"} 0',
    'upm_ksmd_cpu_seconds_total 1.25',
    'upm_ksm_driver_drives_total{result="converged"} 4',
    'upm_ksm_driver_drives_total{result="timeout"} 1',
    'upm_shared_bytes 4096',
    'upm_saved_bytes 12288',
    'upm_unmerge_need_bytes 12288',
    'upm_metadata_bytes 256',
    'upm_pages_examined_total 1000',
    'upm_pages_unmerged_total{reason="cow"} 7',
    'upm_last_sample_timestamp_seconds 1002.5',
    'upm_oldest_sample_timestamp_seconds 1001',
    'upm_sample_duration_seconds 2.5',
    'upm_sampler_deferred_processes 0',
    'upm_processes_unreadable{reason="absent"} 0',
    'upm_processes_unreadable{reason="denied"} 3',
    'upm_processes_unreadable{reason="gone"} 1',
    'upm_processes_unreadable{reason="invalid"} 0',
    'upm_processes_unreadable{reason="limit"} 0',
    'upm_collector_success{collector="processes"} 1',
    'upm_collector_success{collector="host"} 1',
    `upm_function_instances${labels} 2`,
    `upm_function_resident_bytes${labels} 300`,
    `upm_function_proportional_bytes${labels} 200`,
    `upm_function_unique_bytes${labels} 100`,
    `upm_function_advised_bytes${labels} 80`,
    `upm_function_merged_bytes${labels} 60`,
    `upm_function_saved_bytes${labels} 40`,
  ]);
});

test('scraping twice gives the same, counters included', async (t) => {
  const exposition = expositionOf();
  exposition.update(snapshotOf({ functions: [totalsOf('a')] }));
  t.deepEqual(await ownLines(exposition), await ownLines(exposition));
});

test('a function that ended has no series any more', async (t) => {
  const exposition = expositionOf();
  exposition.update(snapshotOf({ functions: [totalsOf('a'), totalsOf('b')] }));
  t.true((await ownLines(exposition)).some((line) => line.includes('"a"')));
  exposition.update(snapshotOf({ functions: [totalsOf('b')] }));
  const lines = await ownLines(exposition);
  t.false(lines.some((line) => line.includes('"a"')));
  t.true(lines.some((line) => line.includes('"b"')));
});

test('what is not known is left out instead of 0', async (t) => {
  const exposition = expositionOf({ backend: 'none' });
  exposition.update(
    snapshotOf({
      host: { kind: 'absent', path: '/sys/kernel/mm/ksm', message: 'no such file' },
      functions: [
        totalsOf('a', { advisedBytes: undefined, mergedBytes: undefined, savedBytes: undefined }),
        totalsOf('unread', { sampledInstances: 0 }),
      ],
      oldestSampledAt: undefined,
    }),
  );
  const text = await exposition.render();
  t.notRegex(text, /upm_(saved|shared|metadata|function_(advised|merged|saved))_bytes/u);
  t.notRegex(text, /upm_(ksm|oldest_sample|pages_)/u);
  t.regex(text, /upm_collector_success\{collector="host"\} 0/u);
  t.regex(text, /upm_function_instances\{namespace="default",function="unread"\} 2/u);
  t.notRegex(text, /upm_function_resident_bytes\{namespace="default",function="unread"\}/u);
});

test('the number of functions with series is bounded, and those that have them keep them', async (t) => {
  const exposition = expositionOf({ maxFunctions: 2 });
  exposition.update(snapshotOf({ functions: ['b', 'c'].map((name) => totalsOf(name)) }));
  exposition.update(snapshotOf({ functions: ['a', 'b', 'c', 'd'].map((name) => totalsOf(name)) }));
  const lines = await ownLines(exposition);
  const shown = lines.filter((line) => line.startsWith('upm_function_instances'));
  t.deepEqual(shown, [
    'upm_function_instances{namespace="default",function="b"} 2',
    'upm_function_instances{namespace="default",function="c"} 2',
  ]);
  t.true(lines.includes('upm_series_dropped_total 2'));
});

test('names with quotes, newlines and backslashes are escaped', async (t) => {
  const exposition = expositionOf();
  exposition.update(snapshotOf({ functions: [totalsOf('a"b\n\\c')] }));
  const lines = await ownLines(exposition);
  t.true(lines.includes('upm_function_instances{namespace="default",function="a\\"b\\n\\\\c"} 2'));
});

test('two daemons in one process do not share metrics', async (t) => {
  const left = expositionOf({ version: 'left' });
  const right = expositionOf({ version: 'right' });
  left.update(snapshotOf({ functions: [totalsOf('only-left')] }));
  t.regex(await left.render(), /only-left/u);
  t.notRegex(await right.render(), /only-left|version="left"/u);
});

test('scrapes at the same time see one sample each', async (t) => {
  const exposition = expositionOf();
  exposition.update(snapshotOf({ functions: [totalsOf('a')] }));
  const first = exposition.render();
  exposition.update(snapshotOf({ functions: [totalsOf('b')] }));
  const texts = await Promise.all([first, exposition.render(), exposition.render()]);
  for (const text of texts) {
    t.is(text.includes('function="a"'), !text.includes('function="b"'));
  }
});
