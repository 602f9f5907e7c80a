import type { Key } from "@millrace/graph";
import type { AttemptRecord, RingPage } from "./attempt-ring.ts";
import type { GroupRecord } from "./groups.ts";
import { othersNumber } from "./groups.ts";
import type { JournalEntry, JournalKind } from "./journal.ts";
import type { Run } from "./run.ts";
import { isSuspect } from "./marks.ts";
import { nowhere } from "./run.ts";
import type { SchedulerState } from "./scheduler-state.ts";
import { sourceOf } from "./scheduler-state.ts";
import type { SchedulerSettings } from "./settings.ts";
import type { StateName } from "./states.ts";
import {
  erred,
  memory,
  parked,
  processing,
  queued,
  stateCount,
  stateNames,
  waiting,
} from "./states.ts";
import type { StoryEntry } from "./story.ts";
import type { WorkerRecord } from "./worker-record.ts";

/** How many tasks are in each state. */
export type StateCounts = Readonly<Record<StateName, number>>;

/** A group, and how many tasks of runs that are here are in each state. */
export interface CountedGroup {
  readonly group: GroupRecord;
  readonly counts: StateCounts;
}

/** A task as it is now. */
export interface TaskView {
  readonly key: Key;
  readonly id: number;
  readonly run: number;
  readonly group: string;
  readonly state: StateName;
  readonly attempt: number;
  /** The epoch of the worker that has it, or its value; undefined where none does. */
  readonly worker: number | undefined;
  /** Of its value, where that is in memory. */
  readonly bytes: number | undefined;
  readonly copies: number;
  readonly failures: number;
  readonly deaths: number;
  readonly isSuspect: boolean;
}

/** A place among all tasks: the arrival of a run, and a task of it. */
export interface TaskCursor {
  readonly run: number;
  readonly task: number;
}

/** Some tasks, and where the next ones begin; undefined where there are no more. */
export interface TaskPage {
  readonly tasks: readonly TaskView[];
  readonly next: TaskCursor | undefined;
}

/**
 * What a scheduler knows now, for people who watch it. No question costs more than a look at each
 * worker, run and group, or at as many tasks as it is allowed to look at.
 */
export class SchedulerView {
  readonly #state: SchedulerState;

  constructor(state: SchedulerState) {
    this.#state = state;
  }

  get settings(): SchedulerSettings {
    return this.#state.settings;
  }

  /** How many of each there are, and how many runs have come since the start. */
  get totals(): {
    workers: number;
    threads: number;
    clients: number;
    runs: number;
    arrivals: number;
  } {
    const { workerList, threadCount, clients, runs, arrivals } = this.#state;
    return {
      workers: workerList.length,
      threads: threadCount,
      clients: clients.size,
      runs: runs.size,
      arrivals,
    };
  }

  /** All workers, in the order of their coming. */
  get workers(): readonly WorkerRecord[] {
    return this.#state.workerList.toSorted((a, b) => a.epoch - b.epoch);
  }

  /** The worker of a name that came last. */
  workerNamed(name: string): WorkerRecord | undefined {
    return this.workers.findLast((worker) => worker.name === name);
  }

  /** What a worker, perhaps one that is gone, is called. */
  nameOf(epoch: number): string | undefined {
    return this.#state.workers.get(epoch)?.name ?? this.#state.formerNames.get(epoch);
  }

  /** All runs, in the order of their coming. */
  get runs(): readonly Run[] {
    return [...this.#state.runs];
  }

  runAt(arrival: number): Run | undefined {
    for (const run of this.#state.runs) if (run.arrival === arrival) return run;
    return undefined;
  }

  /** Tasks of all runs, or of one, by state. */
  counts(run?: Run): StateCounts {
    const sums = new Array<number>(stateCount).fill(0);
    for (const each of run === undefined ? this.#state.runs : [run]) addCounts(sums, each.counts);
    return namedCounts(sums);
  }

  /** All groups, in the order of their coming. */
  get groups(): readonly CountedGroup[] {
    const sums = new Map<GroupRecord, number[]>();
    for (const { groups, counts } of this.#state.runs) {
      groups.forEach((group, p) => {
        let sum = sums.get(group);
        if (sum === undefined) sums.set(group, (sum = new Array<number>(stateCount).fill(0)));
        addCounts(sum, counts.subarray(p * stateCount, (p + 1) * stateCount));
      });
    }
    return Array.from(this.#state.groups.all).flatMap((group) => {
      const isUnused = sums.get(group) === undefined && group.number === othersNumber;
      const isEmpty = group.doneCount + group.failedCount + group.lostCount === 0;
      return isUnused && isEmpty ? [] : [{ group, counts: namedCounts(sums.get(group) ?? []) }];
    });
  }

  groupName(number: number): string | undefined {
    return this.#state.groups.get(number)?.name;
  }

  /** At most `limit` tasks from a place on, of one run or all, in one state or any. */
  tasks(
    {
      run: only,
      state,
    }: { readonly run?: number | undefined; readonly state?: StateName | undefined },
    from: TaskCursor | undefined,
    limit: number,
  ): TaskPage {
    const wanted = state === undefined ? undefined : stateNames.indexOf(state);
    const tasks: TaskView[] = [];
    for (const run of this.#state.runs) {
      if ((only !== undefined && run.arrival !== only) || run.arrival < (from?.run ?? 0)) continue;
      const first = run.arrival === from?.run ? from.task : 0;
      for (let t = next(run, wanted, first); t < run.size; t = next(run, wanted, t + 1)) {
        if (tasks.length === limit) return { tasks, next: { run: run.arrival, task: t } };
        tasks.push(this.#viewOf(run, t));
      }
    }
    return { tasks, next: undefined };
  }

  /** Looks at `most` tasks from a place on for those of a key. */
  find(key: Key, from: TaskCursor | undefined, most: number): TaskPage {
    const tasks: TaskView[] = [];
    let left = most;
    for (const run of this.#state.runs) {
      if (run.arrival < (from?.run ?? 0)) continue;
      for (let t = run.arrival === from?.run ? from.task : 0; t < run.size; t++) {
        if (left-- === 0) return { tasks, next: { run: run.arrival, task: t } };
        if (run.keyOf(t) === key) tasks.push(this.#viewOf(run, t));
      }
    }
    return { tasks, next: undefined };
  }

  #viewOf(run: Run, t: number): TaskView {
    const state = run.state[t] as number;
    const source = sourceOf(this.#state, run, t);
    const place = source.run.place[source.t] as number;
    const isHere = state === memory;
    return {
      key: run.keyOf(t),
      id: run.base + t,
      run: run.arrival,
      group: run.groupOf(t).name,
      state: stateNames[state] as StateName,
      attempt: run.attempt[t] as number,
      worker: place === nowhere ? undefined : this.#state.slots[place]?.epoch,
      bytes: isHere ? source.run.bytes[source.t] : undefined,
      copies:
        isHere && place !== nowhere ? 1 + (source.run.replicas.get(source.t)?.length ?? 0) : 0,
      failures: run.failures[t] as number,
      deaths: run.deaths[t] as number,
      isSuspect: (run.marks[t]! & isSuspect) !== 0,
    };
  }

  /** What has happened of late to tasks, by their slots. */
  storyOf(ids: ReadonlySet<number>): readonly StoryEntry[] {
    return this.#state.story.of(ids);
  }

  /** Changes of state of all tasks, from a number on. */
  story(since: number, limit: number): RingPage<StoryEntry> {
    return this.#state.story.page(since, limit);
  }

  /** The key of a task, where its slot is not another's by now. */
  keyOf(id: number, isRight: (run: Run) => boolean): Key | undefined {
    const run = this.#state.ids.runOf(id);
    if (run === undefined || id - run.base >= run.size || !isRight(run)) return undefined;
    return run.keyOf(id - run.base);
  }

  /** Attempts that have ended, from a number on. */
  attempts(since: number, limit: number): RingPage<AttemptRecord> {
    return this.#state.attempts.page(since, limit);
  }

  /** What has happened of late, from a number on. */
  journal(since: number, limit: number): RingPage<JournalEntry> {
    return this.#state.journal.page(since, limit);
  }

  /** How often each kind of thing has happened. */
  get journalCounts(): ReadonlyMap<JournalKind, number> {
    return this.#state.journal.counts;
  }

  /** What comes next in each ring has this number. */
  get ends(): { attempts: number; journal: number; story: number } {
    const { attempts, journal, story } = this.#state;
    return { attempts: attempts.next, journal: journal.next, story: story.next };
  }
}

/** Whether a run goes on, holds what it has made, or cannot go on. */
export function statusOf(run: Run): "running" | "done" | "failed" {
  const isOpen = [waiting, parked, queued, processing].some((state) => run.countOf(state) > 0);
  if (isOpen) return "running";
  return run.countOf(erred) > 0 ? "failed" : "done";
}

function next({ state, size }: Run, wanted: number | undefined, from: number): number {
  if (wanted === undefined) return from;
  const found = state.indexOf(wanted, from);
  return found < 0 ? size : found;
}

function addCounts(sums: number[], counts: Int32Array): void {
  for (let n = 0; n < counts.length; n++) sums[n % stateCount]! += counts[n] as number;
}

function namedCounts(sums: readonly number[]): StateCounts {
  const entries = stateNames.map((name, state) => [name, sums[state] ?? 0] as const);
  return Object.fromEntries(entries) as Record<StateName, number>;
}
