import type { Death, TaskFailure } from "../../messages/failure.ts";
import type { LastWords, PredecessorTold } from "../../messages/worker-deaths.ts";

/** The end of a worker is told by the process that comes after it, which is there in a second. */
const waitMs = 10_000;
/** Workers that are gone and not forgotten, with 4 KiB at most of each. */
const goneMax = 256;
/** Failures that wait at a time; any more is told as it is. */
const waitingMax = 1_024;

interface Known {
  readonly name: string;
  /** A nanny watches it: how it ends will be told. */
  isWatched: boolean;
  isGone: boolean;
  words: LastWords | undefined;
}

interface Waiting {
  readonly failure: TaskFailure;
  readonly tell: (failure: TaskFailure) => void;
  readonly timer: NodeJS.Timeout;
}

/**
 * How workers ended. A task that workers died of fails with the last of these deaths, when nobody
 * knows yet how it came about; so its failure waits a little for the words.
 */
export class Obituaries {
  /** By epoch, those that joined first at the front. */
  readonly #known = new Map<number, Known>();
  readonly #waiting = new Set<Waiting>();
  #goneCount = 0;

  joined(epoch: number, name: string): void {
    this.#known.set(epoch, { name, isWatched: false, isGone: false, words: undefined });
  }

  left(epoch: number): void {
    const known = this.#known.get(epoch);
    if (known === undefined) return;
    known.isGone = true;
    if (++this.#goneCount <= goneMax) return;
    for (const [each, { isGone }] of this.#known) {
      if (!isGone) continue;
      this.#known.delete(each);
      this.#goneCount--;
      return;
    }
  }

  /** A worker says how that of its name ended which was there last. */
  told(epoch: number, { words }: PredecessorTold): void {
    const own = this.#known.get(epoch);
    if (own === undefined || own.isWatched) return;
    own.isWatched = true;
    const before = [...this.#known].findLast(
      ([each, { name }]) => each < epoch && name === own.name,
    )?.[1];
    if (before === undefined || !before.isWatched) return;
    before.words = words;
    // Nothing more will be told of it.
    before.isWatched = false;
    for (const each of this.#waiting) if (!this.#isOpen(each.failure)) this.#end(each);
  }

  /** Calls `tell` with a failure as soon as it is known how its workers died, or cannot be. */
  complete(failure: TaskFailure, tell: (failure: TaskFailure) => void): void {
    if (!this.#isOpen(failure) || this.#waiting.size >= waitingMax) {
      tell(this.#withWords(failure));
      return;
    }
    const timer = setTimeout(() => this.#end(waiting), waitMs);
    const waiting = { failure, tell, timer };
    this.#waiting.add(waiting);
  }

  /** Nobody is told anything any more. */
  close(): void {
    for (const { timer } of this.#waiting) clearTimeout(timer);
    this.#waiting.clear();
  }

  #end(waiting: Waiting): void {
    clearTimeout(waiting.timer);
    this.#waiting.delete(waiting);
    waiting.tell(this.#withWords(waiting.failure));
  }

  /** Whether more will be told of how its workers died. */
  #isOpen({ deaths = [] }: TaskFailure): boolean {
    return deaths.some(({ epoch }) => this.#known.get(epoch)?.isWatched === true);
  }

  #withWords(failure: TaskFailure): TaskFailure {
    const { deaths = [] } = failure;
    const told = deaths.map((death): Death => ({
      ...death,
      ...this.#known.get(death.epoch)?.words,
    }));
    return { ...failure, deaths: told };
  }
}
