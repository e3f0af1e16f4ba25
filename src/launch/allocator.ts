// SPDX-License-Identifier: MIT
/**
 * Equal data merges only if it lies at the same offset within a page. glibc's malloc moves its mmap
 * threshold with the program's history, and with it the offset of large blocks: the same weights in
 * two processes then share no page at all. These settings pin it.
 */

/** What a launched command gets, unless the user has set it already. */
const settings: Readonly<Record<string, string>> = {
  // Blocks from here on get a mapping of their own, always at the same offset. Setting it at all
  // also turns the dynamic rule off.
  MALLOC_MMAP_THRESHOLD_: '131072',
  // No slack at the top of the heap: fresh zero pages that would be written later.
  MALLOC_TOP_PAD_: '0',
  // Huge pages do not merge with small ones.
  NUMPY_MADVISE_HUGEPAGE: '0',
};

/** The same knobs under their names in GLIBC_TUNABLES. */
const tunables: Readonly<Record<string, string>> = {
  MALLOC_MMAP_THRESHOLD_: 'glibc.malloc.mmap_threshold',
  MALLOC_TOP_PAD_: 'glibc.malloc.top_pad',
};

/**
 * Variables to add to an environment so that large allocations land at equal offsets. Never one the
 * user has set, by either of its names.
 */
export function allocatorEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string>> {
  const chosen = environment.GLIBC_TUNABLES ?? '';
  const added = Object.entries(settings).filter(([name]) => {
    if (environment[name] !== undefined) return false;
    const tunable = tunables[name];
    return tunable === undefined || !chosen.split(':').some((t) => t.startsWith(`${tunable}=`));
  });
  return Object.fromEntries(added);
}
