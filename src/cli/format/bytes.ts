// SPDX-License-Identifier: MIT
/** Sizes for people. Tables are read by column, so all sizes have one unit. */

const mebibyte = 1024 * 1024;

/** In MiB with one decimal, such as `12.5`. The unit stands in the table's head. */
export function mebibytes(bytes: number): string {
  return (bytes / mebibyte).toFixed(1);
}

/** A share in per cent without decimals; `-` where there is nothing to divide by. */
export function percent(part: number, whole: number): string {
  return whole > 0 ? `${((100 * part) / whole).toFixed(0)} %` : '-';
}
