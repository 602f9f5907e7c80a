import { compareValues } from "../compare.ts";

/** One of the best so far. */
export interface Ranked {
  readonly key: unknown;
  readonly value: unknown;
}

/** Entries beyond the best that are kept at least: few are not worth sorting. */
const slackMin = 64;

/**
 * The `k` entries with the largest keys, largest first, those that tie in the order in which they
 * came. Up to twice as many are gathered, sorted and cut: n entries cost n · log k comparisons.
 */
export class Best {
  readonly #k: number;
  readonly #entriesMax: number;
  readonly #entries: Ranked[] = [];
  /** The last of `k` entries after a cut: only what beats it can still come in. */
  #last: Ranked | undefined;

  constructor(k: number) {
    this.#k = k;
    this.#entriesMax = k + Math.max(k, slackMin);
  }

  add(entry: Ranked): void {
    if (this.#last !== undefined && compareValues(entry.key, this.#last.key) <= 0) return;
    if (this.#entries.push(entry) >= this.#entriesMax) this.#cut();
  }

  ranked(): readonly Ranked[] {
    this.#cut();
    return this.#entries;
  }

  #cut(): void {
    const entries = this.#entries;
    // Sorting is stable.
    entries.sort((a, b) => compareValues(b.key, a.key));
    if (entries.length > this.#k) entries.length = this.#k;
    if (entries.length === this.#k) this.#last = entries.at(-1);
  }
}
