/**
 * Numbers that stand for rows of a table, one row after another. In memory an array of small
 * numbers is made and read faster than a typed one; a wire packs it as it likes.
 */
export type Rows = readonly number[];

/** No rows. */
export const noRows: Rows = Object.freeze([]);

/**
 * Gathers rows in a list that is used again and again: what is taken is a copy, no longer than it
 * must be.
 */
export class RowsWriter {
  readonly #rows: number[] = [];
  #length = 0;

  get isEmpty(): boolean {
    return this.#length === 0;
  }

  push(value: number): void {
    this.#rows[this.#length++] = value;
  }

  /** All that was added since the last time. */
  take(): Rows {
    const rows = this.#rows.slice(0, this.#length);
    this.#length = 0;
    return rows;
  }
}
