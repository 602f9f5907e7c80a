import type { SchedulerLoad, WorkerLoad } from "../scheduler/load.ts";
import type { AdaptiveEvent, AdaptiveInstruction, AdaptiveSettings } from "./adaptive-events.ts";

/** Measurements that must ask for fewer workers before one goes: a lull is no end. */
export const waitCountDefault = 3;
/** Where workers cannot be started none are for a second, then twice as long, up to a minute. */
const pauseMinMs = 1_000;
const pauseMaxMs = 60_000;
/** Values of those that go fit into this part of the memory of those that stay. */
const fillShare = 0.6;

/**
 * Decides how many workers a cluster should have: measurements in, workers to start and to let go
 * out. It starts workers at once and lets them go late, since starting one takes longer than
 * keeping it for a while.
 */
export class AdaptiveMachine {
  readonly #settings: AdaptiveSettings;
  /** What the last measurements in a row asked for that asked for fewer than there are. */
  #fewer: number[] = [];
  /** None is started before. */
  #pausedUntilMs = -Infinity;
  #pauseMs = 0;

  constructor(settings: AdaptiveSettings) {
    this.#settings = settings;
  }

  /** Takes one event; gives what is to be done. */
  handle(event: AdaptiveEvent, nowMs: number): readonly AdaptiveInstruction[] {
    switch (event.kind) {
      case "measured":
        return this.#measured(event, nowMs);
      case "start-failed":
        // Of workers that were started together most fail together: that is one failure.
        if (nowMs < this.#pausedUntilMs) return [];
        this.#pauseMs = Math.min(Math.max(pauseMinMs, 2 * this.#pauseMs), pauseMaxMs);
        this.#pausedUntilMs = nowMs + this.#pauseMs;
        return [];
    }
  }

  #measured(
    { load, own, startingCount }: Extract<AdaptiveEvent, { kind: "measured" }>,
    nowMs: number,
  ): readonly AdaptiveInstruction[] {
    const count = own.length + startingCount;
    const wanted = this.#wanted(load, new Set(own));
    // All that were wanted have come: the next failure is the first one again.
    if (wanted <= own.length) this.#pauseMs = 0;
    if (wanted >= count) {
      this.#fewer = [];
      if (wanted === count || nowMs < this.#pausedUntilMs) return [];
      return [{ kind: "start", count: wanted - count }];
    }
    const { waitCount } = this.#settings;
    this.#fewer = [...this.#fewer, wanted].slice(-waitCount);
    if (this.#fewer.length < waitCount) return [];
    const names = expendable(load, own, count - Math.max(...this.#fewer));
    return names.length === 0 ? [] : [{ kind: "retire", names }];
  }

  /** How many workers of its own the cluster should have; others that have joined work as well. */
  #wanted({ taskCount, workUs, strandedCount, workers }: SchedulerLoad, own: Set<string>): number {
    const { minimum, maximum, targetDurationMs, threadsPerWorker } = this.#settings;
    const threads = Math.min(taskCount, Math.ceil(workUs / (1000 * targetDurationMs)));
    const foreign = workers.filter(({ name, isRetiring }) => !isRetiring && !own.has(name));
    const foreignThreads = foreign.reduce((sum, worker) => sum + worker.threads, 0);
    const needed = Math.ceil(Math.max(0, threads - foreignThreads) / threadsPerWorker);
    const least = strandedCount > 0 && foreign.length === 0 ? 1 : 0;
    return Math.min(maximum, Math.max(minimum, least, needed));
  }
}

/**
 * Those that may go, at most `count`: they have nothing to do, those with the fewest bytes go
 * first, and the rest has room for what they hold.
 */
function expendable(load: SchedulerLoad, own: readonly string[], count: number): string[] {
  const isOwn = new Set(own);
  const storedBytes = load.workers.reduce((sum, worker) => sum + worker.storedBytes, 0);
  const staying = load.workers.filter(({ isRetiring }) => !isRetiring);
  let room = staying.reduce((sum, worker) => sum + worker.memoryBytesMax, 0);
  const idle = staying
    .filter(({ name, taskCount }) => isOwn.has(name) && taskCount === 0)
    .toSorted((a, b) => a.storedBytes - b.storedBytes);
  const names: string[] = [];
  for (const { name, memoryBytesMax } of idle as readonly WorkerLoad[]) {
    if (names.length === count) break;
    // One that has no room for anything else stays for the next to be looked at.
    if (storedBytes > fillShare * (room - memoryBytesMax)) continue;
    room -= memoryBytesMax;
    names.push(name);
  }
  return names;
}
