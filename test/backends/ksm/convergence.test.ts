// SPDX-License-Identifier: MIT
import test from 'ava';
import { trackConvergence } from '../../../src/backends/ksm/convergence.js';

test('needs three full scans, since a page merges only in the second that sees it unchanged', (t) => {
  const tracker = trackConvergence({ fullScans: 10, mergedPages: 0 });
  t.false(tracker.update({ fullScans: 11, mergedPages: 0 }));
  t.false(tracker.update({ fullScans: 12, mergedPages: 0 }));
  t.true(tracker.update({ fullScans: 13, mergedPages: 0 }));
  t.is(tracker.scans(), 3);
});

test('goes on while scans still merge, and ends with the first quiet one', (t) => {
  const tracker = trackConvergence({ fullScans: 0, mergedPages: 0 });
  t.false(tracker.update({ fullScans: 3, mergedPages: 40_000 }));
  t.false(tracker.update({ fullScans: 4, mergedPages: 60_000 }));
  t.true(tracker.update({ fullScans: 5, mergedPages: 60_010 }));
});

test('ticks within a scan decide nothing', (t) => {
  const tracker = trackConvergence({ fullScans: 0, mergedPages: 0 });
  t.false(tracker.update({ fullScans: 2, mergedPages: 5000 }));
  t.false(tracker.update({ fullScans: 2, mergedPages: 9000 }));
  // 4000 pages since the last scan ended, though none since the last tick.
  t.false(tracker.update({ fullScans: 3, mergedPages: 9000 }));
  t.true(tracker.update({ fullScans: 4, mergedPages: 9000 }));
});

test('a host with millions of merged pages may change a little all the time', (t) => {
  const tracker = trackConvergence({ fullScans: 0, mergedPages: 1_000_000 });
  t.true(tracker.update({ fullScans: 3, mergedPages: 1_000_400 }));
});

test('unmerging is no quiet either', (t) => {
  const tracker = trackConvergence({ fullScans: 0, mergedPages: 10_000 });
  t.false(tracker.update({ fullScans: 3, mergedPages: 2000 }));
});
