/** How an attempt at a task has ended. */
export const attemptOutcomes = ["done", "failed", "lost"] as const;

/** The name of an outcome. */
export type AttemptOutcome = (typeof attemptOutcomes)[number];

/** One attempt at a task that has ended. */
export interface AttemptRecord {
  /** Its place among all that were noted, from 0. */
  readonly number: number;
  /** The slot of the task: another's by now where the arrival of its run is another. */
  readonly task: number;
  readonly attempt: number;
  readonly arrival: number;
  readonly group: number;
  /** The epoch of the worker. */
  readonly worker: number;
  /** When it was heard of, on the scheduler's clock, and what it took; 0 where nobody knows. */
  readonly endMs: number;
  readonly us: number;
  readonly outcome: AttemptOutcome;
}

/** A part of a ring, and where to go on. */
export interface RingPage<T> {
  readonly entries: readonly T[];
  /** What comes next has this number. */
  readonly next: number;
  /** How many from the number asked for have been forgotten. */
  readonly forgotten: number;
}

const columns = 8;
/** Bytes come when they are first used, so that a ring which holds much costs nothing at once. */
const rowsAtFirst = 1_024;

/** The last attempts at all tasks, in a ring of 64 bytes each: the oldest are forgotten. */
export class AttemptRing {
  #cells: Float64Array;
  readonly #max: number;
  #next = 0;

  /** `max` is how many it holds; 0 for none. */
  constructor(max: number) {
    this.#max = max;
    this.#cells = new Float64Array(Math.min(max, rowsAtFirst) * columns);
  }

  note(
    task: number,
    attempt: number,
    arrival: number,
    group: number,
    worker: number,
    endMs: number,
    us: number,
    outcome: AttemptOutcome,
  ): void {
    if (this.#max === 0) return;
    const at = (this.#next++ % this.#max) * columns;
    if (at >= this.#cells.length) this.#grow();
    const cells = this.#cells;
    cells[at] = task;
    cells[at + 1] = attempt;
    cells[at + 2] = arrival;
    cells[at + 3] = group;
    cells[at + 4] = worker;
    cells[at + 5] = endMs;
    cells[at + 6] = us;
    cells[at + 7] = attemptOutcomes.indexOf(outcome);
  }

  #grow(): void {
    const cells = new Float64Array(Math.min(2 * this.#cells.length, this.#max * columns));
    cells.set(this.#cells);
    this.#cells = cells;
  }

  /** At most `limit` of them from number `since` on, the oldest first. */
  page(since: number, limit: number): RingPage<AttemptRecord> {
    const { first, end } = stretchOf(this.#next, this.#max, since, limit);
    const entries = Array.from({ length: end - first }, (_, n) => this.#at(first + n));
    return { entries, next: end, forgotten: Math.max(0, first - since) };
  }

  #at(number: number): AttemptRecord {
    const at = (number % this.#max) * columns;
    const cell = (column: number): number => this.#cells[at + column] as number;
    return {
      number,
      task: cell(0),
      attempt: cell(1),
      arrival: cell(2),
      group: cell(3),
      worker: cell(4),
      endMs: cell(5),
      us: cell(6),
      outcome: attemptOutcomes[cell(7)] as AttemptOutcome,
    };
  }

  /** How many were noted. */
  get next(): number {
    return this.#next;
  }
}

/** What a ring has of the numbers from `since` on. */
export function stretchOf(
  next: number,
  max: number,
  since: number,
  limit: number,
): { first: number; end: number } {
  const first = Math.min(next, Math.max(since, next - max));
  return { first, end: Math.min(next, first + limit) };
}
