// SPDX-License-Identifier: MIT
/** From the scores of the recognition model to text. */

/**
 * The characters the model knows, by class number. Class 0 is the blank, which separates equal
 * letters; then come the characters of the dictionary, one a line; the last is the space.
 */
export function parseKeys(dictionary: string): readonly string[] {
  // A dictionary that ends with a newline has one empty piece too many.
  const characters = dictionary.replace(/\r?\n$/u, '').split(/\r?\n/u);
  return ['', ...characters, ' '];
}

/** Text with the mean probability of its characters, 0 to 1; the score of no text is 0. */
export interface Reading {
  readonly text: string;
  readonly score: number;
}

/**
 * Greedy CTC decoding: the best class of each step, repeats joined, blanks dropped.
 * `probabilities` has shape [steps, keys.length].
 */
export function decodeCtc(probabilities: Float32Array, keys: readonly string[]): Reading {
  const classes = keys.length;
  if (classes === 0 || probabilities.length % classes !== 0) {
    throw new RangeError(`${probabilities.length} scores do not divide into ${classes} classes`);
  }
  const letters: string[] = [];
  let total = 0;
  let previous = 0;
  for (let offset = 0; offset < probabilities.length; offset += classes) {
    const best = bestClass(probabilities, offset, classes);
    if (best !== 0 && best !== previous) {
      letters.push(keys[best] ?? '');
      total += probabilities[offset + best] ?? 0;
    }
    previous = best;
  }
  return { text: letters.join(''), score: letters.length === 0 ? 0 : total / letters.length };
}

/** The first class with the highest score among those from `offset`. */
function bestClass(probabilities: Float32Array, offset: number, classes: number): number {
  let best = 0;
  let highest = probabilities[offset] ?? 0;
  for (let index = 1; index < classes; index += 1) {
    const value = probabilities[offset + index] ?? 0;
    if (value > highest) {
      best = index;
      highest = value;
    }
  }
  return best;
}
