// SPDX-License-Identifier: MIT
/**
 * Equal data merges only if it lies at the same offset within a page. glibc's malloc moves its mmap
 * threshold with the program's history, and with it the offset of large blocks: the same weights in
 * two processes then share no page at all. Pinning the threshold gives every large block a mapping of
 * its own, always at the same offset.
 *
 * Pinned, every large temporary costs a mapping and its page faults too: 60 to 80 % more CPU a request
 * in the demo's function (`npm run bench:allocator`). What is worth merging is allocated while a
 * function loads; so the hook releases the allocator once the function has settled.
 */

/** - `load`: pinned while loading; - `always`: for life; - `keep`: left as it is. */
export const allocatorModes = ['load', 'always', 'keep'] as const;
export type AllocatorMode = (typeof allocatorModes)[number];

type Environment = Readonly<Record<string, string | undefined>>;

/** What a launched command gets, unless the user has set it already. */
const settings: Readonly<Record<string, string>> = {
  // Setting it at all also turns the dynamic rule off.
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
  MALLOC_TRIM_THRESHOLD_: 'glibc.malloc.trim_threshold',
};

/** The user has set it, by either of its names. */
function isChosen(environment: Environment, name: string): boolean {
  if (environment[name] !== undefined) return true;
  const tunable = tunables[name];
  const chosen = environment.GLIBC_TUNABLES?.split(':') ?? [];
  return tunable !== undefined && chosen.some((each) => each.startsWith(`${tunable}=`));
}

/**
 * Variables to add to an environment so that large allocations land at equal offsets. Never one the
 * user has set.
 */
export function allocatorEnvironment(environment: Environment): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(settings).filter(([name]) => !isChosen(environment, name)),
  );
}

/** Bytes; see NativeBinding.setMallocThresholds. */
export interface MallocThresholds {
  readonly mmapBytes: number;
  readonly trimBytes: number;
  readonly topPadBytes: number;
}

/**
 * What to set once the program has settled: the threshold where glibc's dynamic rule ends for
 * programs with large temporaries (malloc.c: 32 MiB, trimming at twice that), and its default pad.
 * Undefined where the user chose one of them: then all of it is theirs.
 * @param pinned variables that the launcher has added.
 */
export function releasedThresholds(
  environment: Environment,
  pinned: readonly string[],
): MallocThresholds | undefined {
  const needed = ['MALLOC_MMAP_THRESHOLD_', 'MALLOC_TOP_PAD_'];
  if (!needed.every((name) => pinned.includes(name))) return undefined;
  if (isChosen(environment, 'MALLOC_TRIM_THRESHOLD_')) return undefined;
  return { mmapBytes: 32 * 1024 * 1024, trimBytes: 64 * 1024 * 1024, topPadBytes: 128 * 1024 };
}
