import type { RingPage } from "./attempt-ring.ts";
import { stretchOf } from "./attempt-ring.ts";
import { stateNames } from "./states.ts";
import type { StateName } from "./states.ts";

/** One change of state of a task. */
export interface StoryEntry {
  /** The scheduler's clock, milliseconds. */
  readonly atMs: number;
  readonly from: StateName;
  readonly to: StateName;
  readonly attempt: number;
  /** The slot of the task, which tells the tasks of one key apart. */
  readonly task: number;
  /** The epoch of the worker that it was with or went to; -1 for none. */
  readonly worker: number;
}

const columns = 5;

/** The last changes of state of all tasks, in a ring of 20 bytes each: the oldest are forgotten. */
export class Story {
  readonly #ring: Int32Array;
  readonly #max: number;
  #next = 0;
  readonly #startMs: number;

  /** `max` is how many changes it holds; 0 for none. */
  constructor(max: number, startMs: number) {
    this.#max = max;
    this.#ring = new Int32Array(max * columns);
    this.#startMs = startMs;
  }

  note(nowMs: number, id: number, from: number, to: number, attempt: number, worker: number): void {
    if (this.#max === 0) return;
    const at = (this.#next++ % this.#max) * columns;
    this.#ring[at] = id;
    // Whole milliseconds since the start fit for 24 days; beyond that the time wraps.
    this.#ring[at + 1] = nowMs - this.#startMs;
    this.#ring[at + 2] = from * stateNames.length + to;
    this.#ring[at + 3] = attempt;
    this.#ring[at + 4] = worker;
  }

  /** What happened to these slots, the oldest first. Cost: the whole ring is looked through. */
  of(ids: ReadonlySet<number>): StoryEntry[] {
    const entries: StoryEntry[] = [];
    const first = Math.max(0, this.#next - this.#max);
    for (let n = first; n < this.#next; n++) {
      const at = (n % this.#max) * columns;
      if (ids.has(this.#ring[at] as number)) entries.push(this.#entryAt(at));
    }
    return entries;
  }

  /** At most `limit` changes from number `since` on, the oldest first. */
  page(since: number, limit: number): RingPage<StoryEntry> {
    const { first, end } = stretchOf(this.#next, this.#max, since, limit);
    const entries = Array.from({ length: end - first }, (_, n) =>
      this.#entryAt(((first + n) % this.#max) * columns),
    );
    return { entries, next: end, forgotten: Math.max(0, first - since) };
  }

  /** How many were noted. */
  get next(): number {
    return this.#next;
  }

  #entryAt(at: number): StoryEntry {
    const change = this.#ring[at + 2] as number;
    return {
      atMs: this.#startMs + (this.#ring[at + 1] as number),
      from: stateNames[Math.floor(change / stateNames.length)] as StateName,
      to: stateNames[change % stateNames.length] as StateName,
      attempt: this.#ring[at + 3] as number,
      task: this.#ring[at] as number,
      worker: this.#ring[at + 4] as number,
    };
  }
}
