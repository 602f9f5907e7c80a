/** What can be wrong with a row itself, whatever its columns are. */
export type Flaw = "text after a quote" | "number of fields";

/**
 * Where fields of some rows are, as places in the bytes: all of one column, then all of the next.
 *
 * The end of a field that was quoted is stored as `~end`; the start of one that holds escaped
 * bytes, as `~start`. `end` is {@link MISSING} where a row has no such field, or none that can be
 * read.
 */
export interface FieldTable {
  /** Columns of the file. */
  readonly width: number;
  /** Most rows. */
  readonly capacity: number;
  /** Where fields of each column of the file begin in the table; -1: not asked for. */
  readonly places: Int32Array;
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  /** Where each row begins. */
  readonly rowStarts: Int32Array;
  rows: number;
  /** Where the next row begins. */
  next: number;
  /** What is wrong with the row at `next`, under the policy "error". */
  flaw: Flaw | undefined;
}

export const MISSING = -0x8000_0000;

/**
 * Fields that a table holds at most: what is written must still be in the cache when it is read.
 */
export const FIELDS_MAX = 65_536;
export const ROWS_MAX = 4_096;
const ROWS_MIN = 64;

/** A table for the columns of a file that are asked for, by their numbers. */
export function makeFieldTable(width: number, wanted: readonly number[]): FieldTable {
  const most = Math.floor(FIELDS_MAX / Math.max(1, wanted.length));
  const capacity = Math.max(ROWS_MIN, Math.min(ROWS_MAX, most));
  const places = new Int32Array(width).fill(-1);
  wanted.forEach((column, i) => (places[column] = i * capacity));
  const size = wanted.length * capacity;
  return {
    width,
    capacity,
    places,
    starts: new Int32Array(size),
    ends: new Int32Array(size),
    rowStarts: new Int32Array(capacity),
    rows: 0,
    next: 0,
    flaw: undefined,
  };
}

/** Keeps some rows, by their numbers in rising order. */
export function keepRows(table: FieldTable, kept: Int32Array, count: number): void {
  const { starts, ends, rowStarts } = table;
  for (const place of table.places) {
    if (place < 0) continue;
    for (let i = 0; i < count; i++) {
      const from = place + (kept[i] as number);
      starts[place + i] = starts[from] as number;
      ends[place + i] = ends[from] as number;
    }
  }
  for (let i = 0; i < count; i++) rowStarts[i] = rowStarts[kept[i] as number] as number;
  table.rows = count;
}
