// SPDX-License-Identifier: MIT
/**
 * The processes of the host and the functions they belong to. The facts of a process are read when it
 * is first seen, when its name changes (exec does that), and again after 1, 2, 4, … 32 rounds,
 * because an exec may keep the name and a process may be moved to another cgroup.
 */
import type { Attributor, FunctionIdentity, ProcessFacts } from '../accounting/attribution.js';
import type { ProcessSample } from '../accounting/process-sample.js';
import type { UnreadableReason } from '../accounting/snapshot.js';
import { statNow } from '../accounting/stat-now.js';
import type { HostRoots, ReadFailure } from '../proc/reading.js';
import { listPids } from '../proc/processes.js';
import type { ProcessStat } from '../proc/stat.js';
import type { Clock } from './clock.js';
import { hasMemory, readFacts } from './process-facts.js';

const longestRefreshRounds = 32;
/** A process this young may still be what its parent was, and exec in a moment. */
const settlingMilliseconds = 3000;
/** Stats read in one step: about a millisecond. */
const statsAtOnce = 32;

/** One process of the table; the sampler keeps its own notes in it. */
export interface TrackedProcess {
  facts: ProcessFacts;
  function: FunctionIdentity | undefined;
  /** Monotonic milliseconds. */
  readonly firstSeenAt: number;
  /** Rounds until the facts are read again, and the pause after that. */
  refreshIn: number;
  refreshPause: number;
  sample?: ProcessSample;
  /** Milliseconds since the epoch. */
  sampledAt?: number;
  unreadable: UnreadableReason | undefined;
  /** See back-off.ts. */
  level: number;
  /** Round in which its memory is to be read next. */
  dueRound: number;
}

/** A process that belongs to a function. */
export type FunctionProcess = TrackedProcess & { readonly function: FunctionIdentity };

/** Runs a piece of work, perhaps later, and charges it. */
export type Step = <T>(work: () => Promise<T>) => Promise<T>;

export interface ProcessTable {
  /** Looks at all processes. `step` runs each small piece of the work, one after another. */
  walk(step: Step, signal: AbortSignal): Promise<{ readonly kind: 'value' } | ReadFailure>;
  /** Looks only at pids that are not in the table, and at those that came into it just now. */
  walkNew(step: Step, signal: AbortSignal): Promise<void>;
  /** Instances of functions, those seen first coming first. */
  functionProcesses(): readonly FunctionProcess[];
  /** Forgets a process that is known to be gone. */
  forget(process: TrackedProcess): void;
}

export function createProcessTable(
  roots: HostRoots,
  attributor: Attributor,
  clock: Clock,
): ProcessTable {
  const table = new Map<number, TrackedProcess>();
  /** Kernel threads and the like: not worth a look until the next walk over all. */
  const ignored = new Set<number>();

  /** Brings the entry of a pid up to date, as far as its stat tells. Returns what is to be read. */
  function needsFacts(pid: number): ProcessStat | undefined {
    const stat = statNow(roots, pid);
    if (stat === undefined || !hasMemory(stat)) {
      table.delete(pid);
      ignored.add(pid);
      return undefined;
    }
    const known = table.get(pid);
    if (known?.facts.startTimeTicks !== stat.startTimeTicks) {
      table.delete(pid);
      return stat;
    }
    if (known.facts.comm !== stat.comm || known.refreshIn <= 1 || isSettling(known)) return stat;
    known.refreshIn -= 1;
    return undefined;
  }

  function isSettling({ firstSeenAt }: TrackedProcess): boolean {
    return clock.monotonic() - firstSeenAt < settlingMilliseconds;
  }

  async function updateFacts(stat: ProcessStat): Promise<void> {
    const facts = await readFacts(roots, stat);
    if (facts.kind !== 'value') return;
    const identity = await attributor.attribute(facts.value);
    const known = table.get(stat.pid);
    if (known) refresh(known, facts.value, identity, isSettling(known));
    else table.set(stat.pid, newEntry(facts.value, identity, clock.monotonic()));
  }

  async function inspect(pids: readonly number[], step: Step, signal: AbortSignal): Promise<void> {
    for (let start = 0; start < pids.length && !signal.aborted; start += statsAtOnce) {
      const some = pids.slice(start, start + statsAtOnce);
      const unknown = await step(() =>
        Promise.resolve(some.flatMap((pid) => needsFacts(pid) ?? [])),
      );
      for (const stat of unknown) await step(() => updateFacts(stat));
      await clock.sleep(0, signal);
    }
  }

  return {
    async walk(step, signal) {
      const pids = await step(() => listPids(roots));
      if (pids.kind !== 'value') return pids;
      const listed = new Set(pids.value);
      ignored.clear();
      for (const pid of table.keys()) {
        if (!listed.has(pid)) table.delete(pid);
      }
      await inspect(pids.value, step, signal);
      return { kind: 'value' };
    },

    async walkNew(step, signal) {
      const pids = await step(() => listPids(roots));
      if (pids.kind !== 'value') return;
      const fresh = pids.value.filter((pid) => {
        const known = table.get(pid);
        return known ? isSettling(known) : !ignored.has(pid);
      });
      await inspect(fresh, step, signal);
    },

    functionProcesses: () => [...table.values()].filter(belongsToFunction),

    forget(process) {
      if (table.get(process.facts.pid) === process) table.delete(process.facts.pid);
    },
  };
}

function newEntry(
  facts: ProcessFacts,
  identity: FunctionIdentity | undefined,
  firstSeenAt: number,
): TrackedProcess {
  return {
    facts,
    function: identity,
    firstSeenAt,
    refreshIn: 1,
    refreshPause: 1,
    unreadable: undefined,
    level: 0,
    dueRound: 0,
  };
}

function refresh(
  known: TrackedProcess,
  facts: ProcessFacts,
  identity: FunctionIdentity | undefined,
  settling: boolean,
): void {
  if (known.facts.comm !== facts.comm || !sameFunction(known.function, identity)) {
    startAfresh(known);
  }
  known.facts = facts;
  known.function = identity;
  // It is looked at in each poll for now; the pauses begin to grow after that.
  if (settling) return;
  known.refreshPause = Math.min(longestRefreshRounds, known.refreshPause * 2);
  known.refreshIn = known.refreshPause;
}

/** After an exec the memory is another one: what was read says nothing about it. */
function startAfresh(process: TrackedProcess): void {
  delete process.sample;
  delete process.sampledAt;
  process.unreadable = undefined;
  process.level = 0;
  process.dueRound = 0;
}

function sameFunction(
  left: FunctionIdentity | undefined,
  right: FunctionIdentity | undefined,
): boolean {
  return left?.namespace === right?.namespace && left?.function === right?.function;
}

function belongsToFunction(process: TrackedProcess): process is FunctionProcess {
  return process.function !== undefined;
}
