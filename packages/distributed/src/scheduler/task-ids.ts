import type { Run } from "./run.ts";

/** Slots come in pages of 2^8, so that the run of a slot is one look-up. */
const pageBits = 8;
const pageSize = 1 << pageBits;
/** Slots fit an int32. */
const pagesMax = 2 ** (31 - pageBits);

/**
 * Which slots belong to which run. A run has consecutive ones, and gives them back as a whole. The
 * attempts of a slot never repeat, whoever has it: a page remembers the highest of its last owner.
 */
export class TaskIds {
  readonly #runs: (Run | undefined)[] = [];
  /** Attempts made so far in a page by runs that are gone. */
  readonly #attempts: number[] = [];
  /** Free ranges of pages below the end, each a start and a count, ascending. */
  #free: { start: number; count: number }[] = [];
  /** Others that are to be free. */
  readonly #left: { start: number; count: number }[] = [];

  /** The run that has a slot; undefined where it is free. */
  runOf(id: number): Run | undefined {
    return this.#runs[id >>> pageBits];
  }

  /** Finds `size` slots: the first one, and how many attempts have been made in them before. */
  reserve(size: number): { base: number; attempts: number } {
    const count = Math.max(1, Math.ceil(size / pageSize));
    const start = this.#take(count);
    let attempts = 0;
    for (let page = start; page < start + count; page++) {
      attempts = Math.max(attempts, this.#attempts[page] ?? 0);
    }
    return { base: start * pageSize, attempts };
  }

  #take(count: number): number {
    const at = this.#free.findIndex((range) => range.count >= count);
    const range = this.#free[at];
    if (range === undefined) {
      const start = this.#runs.length;
      if (start + count > pagesMax) {
        throw new Error(`more than ${2 ** 31} tasks at a time: release runs first`);
      }
      this.#runs.length = start + count;
      return start;
    }
    const { start } = range;
    if (range.count === count) this.#free.splice(at, 1);
    else this.#free[at] = { start: start + count, count: range.count - count };
    return start;
  }

  /** Gives the reserved slots to a run. */
  assign(run: Run): void {
    const { start, end } = pagesOf(run);
    this.#runs.fill(run, start, end);
  }

  /** Takes the slots of a run back; nobody gets them before `recycle`. */
  free(run: Run): void {
    const { start, end } = pagesOf(run);
    for (let page = start; page < end; page++) {
      this.#runs[page] = undefined;
      this.#attempts[page] = run.lastAttempt;
    }
    this.#left.push({ start, count: end - start });
  }

  /** Slots that were given back may be had again: whoever knew tasks by them has looked. */
  recycle(): void {
    for (const range of this.#left.splice(0)) this.#give(range);
  }

  #give(given: { start: number; count: number }): void {
    const after = this.#free.findIndex(({ start }) => start > given.start);
    const at = after < 0 ? this.#free.length : after;
    this.#free.splice(at, 0, given);
    const merged: { start: number; count: number }[] = [];
    for (const range of this.#free) {
      const last = merged.at(-1);
      if (last !== undefined && last.start + last.count === range.start) {
        last.count += range.count;
      } else merged.push({ ...range });
    }
    this.#free = merged;
  }
}

function pagesOf({ base, size }: Run): { start: number; end: number } {
  const start = base >>> pageBits;
  return { start, end: start + Math.max(1, Math.ceil(size / pageSize)) };
}
