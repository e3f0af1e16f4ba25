// SPDX-License-Identifier: MIT
import test from 'ava';
import fc from 'fast-check';
import { decodeCtc, parseKeys } from '../../demo/function/ctc.js';

const keys = parseKeys('a\nb\nc\n');

/** Scores of shape [steps, keys.length] in which each step is sure of one class. */
function steps(...classes: readonly number[]): Float32Array {
  const scores = new Float32Array(classes.length * keys.length);
  for (const [step, best] of classes.entries()) scores[step * keys.length + best] = 0.75;
  return scores;
}

test('keys are the blank, the lines of the dictionary and the space', (t) => {
  t.deepEqual(keys, ['', 'a', 'b', 'c', ' ']);
  t.deepEqual(parseKeys('x\ny'), ['', 'x', 'y', ' ']);
  t.deepEqual(parseKeys('x\r\ny\r\n'), ['', 'x', 'y', ' ']);
});

test('repeats are joined unless a blank is between them', (t) => {
  t.is(decodeCtc(steps(1, 1, 2, 2, 2), keys).text, 'ab');
  t.is(decodeCtc(steps(1, 0, 1), keys).text, 'aa');
  t.is(decodeCtc(steps(0, 3, 4, 0, 1, 0), keys).text, 'c a');
});

test('the score is the mean over the letters, and zero without letters', (t) => {
  t.deepEqual(decodeCtc(steps(1, 0, 2), keys), { text: 'ab', score: 0.75 });
  t.deepEqual(decodeCtc(steps(0, 0), keys), { text: '', score: 0 });
  t.deepEqual(decodeCtc(new Float32Array(0), keys), { text: '', score: 0 });
});

test('scores that do not fit the keys are refused', (t) => {
  t.throws(() => decodeCtc(new Float32Array(7), keys), { instanceOf: RangeError });
});

test('any text comes back from steps that spell it with blanks between', (t) => {
  const letters = fc.array(fc.integer({ min: 1, max: keys.length - 1 }));
  fc.assert(
    fc.property(letters, fc.integer({ min: 1, max: 4 }), (classes, repeats) => {
      const spelled = classes.flatMap((best) => [...Array<number>(repeats).fill(best), 0]);
      const expected = classes.map((best) => keys[best]).join('');
      return decodeCtc(steps(...spelled), keys).text === expected;
    }),
  );
  t.pass();
});
