// SPDX-License-Identifier: MIT
import test from 'ava';
import fc from 'fast-check';
import { firstBatch, nextBatch, type BatchSettings } from '../../../src/backends/ksm/budget.js';

/** A ksmd that needs `pageMicroseconds` a page: the share of one core a batch setting gives. */
function shareOf(batch: BatchSettings, pageMicroseconds: number): number {
  const busy = batch.pagesToScan * pageMicroseconds;
  return busy / (busy + batch.sleepMillisecs * 1000);
}

test('the batch settles at the budget whatever a page costs', (t) => {
  fc.assert(
    fc.property(
      fc.double({ min: 0.05, max: 0.9, noNaN: true }),
      fc.double({ min: 0.3, max: 8, noNaN: true }),
      (budget, pageMicroseconds) => {
        let batch = firstBatch(budget);
        for (let tick = 0; tick < 30; tick += 1) {
          batch = nextBatch(batch, budget, shareOf(batch, pageMicroseconds));
        }
        const share = shareOf(batch, pageMicroseconds);
        // Where pages are cheap and the budget high, the bound of a batch keeps ksmd below it.
        const bounded = batch.pagesToScan === 50_000 && share < budget;
        return bounded || Math.abs(share - budget) < 0.05;
      },
    ),
  );
  t.pass();
});

test('one step at most doubles or halves the batch', (t) => {
  const batch = { pagesToScan: 1000, sleepMillisecs: 10 };
  t.is(nextBatch(batch, 0.9, 0.0001).pagesToScan, 2000);
  t.is(nextBatch(batch, 0.05, 1).pagesToScan, 500);
});

test('a share that cannot be measured leaves the batch alone', (t) => {
  const batch = { pagesToScan: 1000, sleepMillisecs: 10 };
  t.deepEqual(nextBatch(batch, 0.5, undefined), batch);
});

test('a batch stays within bounds, also with a full core and with hardly any', (t) => {
  for (const budget of [0.0001, 0.01, 1]) {
    let batch = firstBatch(budget);
    for (let tick = 0; tick < 60; tick += 1) batch = nextBatch(batch, budget, tick % 2);
    t.true(batch.pagesToScan >= 64 && batch.pagesToScan <= 50_000, String(budget));
    t.true(Number.isInteger(batch.pagesToScan));
  }
});
