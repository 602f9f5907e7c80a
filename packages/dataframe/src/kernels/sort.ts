import type { Column } from "../column.ts";
import { makeColumn } from "../column.ts";
import { int32 } from "../dtype.ts";
import { plainTexts } from "./concat-texts.ts";
import type { OrderWords, SortOrder } from "./order-words.ts";
import { orderWords } from "./order-words.ts";
import { refine } from "./refine.ts";

/**
 * The rows of columns of one length in order: by the first column, where that is equal by the
 * second, … and where all are equal as they stand. Numbers with NaN above Infinity, texts by their
 * bytes. Cost: what is in order already is looked at once.
 */
export function sortedRows(columns: readonly Column[], orders: readonly SortOrder[]): Int32Array {
  const [first] = columns;
  if (first === undefined) throw new Error("no columns to sort by");
  const rows = new Int32Array(first.length);
  for (let i = 0; i < rows.length; i++) rows[i] = i;
  sortRows(rows, wordsOf(columns, orders));
  return rows;
}

/** The words of each column of an order. */
export function wordsOf(columns: readonly Column[], orders: readonly SortOrder[]): OrderWords[] {
  return columns.map((column, n) => orderWords(withRanks(column), orders[n] as SortOrder));
}

/** Sorts some rows, given as they stand, by the words of columns. */
export function sortRows(rows: Int32Array, columns: readonly OrderWords[]): void {
  const keys = new Int32Array(rows.length);
  let runs: Int32Array = rows.length > 1 ? Int32Array.of(0, rows.length) : new Int32Array(0);
  for (const column of columns) {
    const over: Int32Array[] = [];
    for (let word = 0; word < column.count && runs.length > 0; word++) {
      column.fill(word, rows, runs, keys);
      runs = refine(rows, keys, runs);
      if (word + 1 < column.count) runs = takeOver(column, word + 1, rows, runs, over);
    }
    // Runs need no order among each other.
    runs = joinedInts([...over, runs]);
  }
}

/** Moves the runs of rows that are wholly equal in a column to `over`; gives the others. */
function takeOver(
  column: OrderWords,
  words: number,
  rows: Int32Array,
  runs: Int32Array,
  over: Int32Array[],
): Int32Array {
  const ended = new Int32Array(runs.length);
  let endedLength = 0;
  let length = 0;
  for (let k = 0; k < runs.length; k += 2) {
    const start = runs[k] as number;
    const end = runs[k + 1] as number;
    if (column.isOver(rows[start] as number, words)) {
      ended[endedLength++] = start;
      ended[endedLength++] = end;
    } else {
      runs[length++] = start;
      runs[length++] = end;
    }
  }
  over.push(ended.subarray(0, endedLength));
  return runs.subarray(0, length);
}

/** Arrays one after the other. */
export function joinedInts(parts: readonly Int32Array[]): Int32Array {
  const filled = parts.filter(({ length }) => length > 0);
  if (filled.length < 2) return filled[0] ?? new Int32Array(0);
  const all = new Int32Array(filled.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of filled) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** Texts of a dictionary as their places in its order, so that each is compared a few times. */
function withRanks(column: Column): Column {
  const { dictionary, length, valid } = column;
  if (dictionary === undefined) return column;
  if (dictionary.length > length) return plainTexts(column);
  const order = sortedRows([dictionary], [{ descending: false, nulls: "last" }]);
  const rankOf = new Int32Array(order.length);
  for (let rank = 0; rank < order.length; rank++) rankOf[order[rank] as number] = rank;
  const codes = column.values as Int32Array;
  const values = new Int32Array(length);
  if (rankOf.length > 0) {
    for (let i = 0; i < length; i++) values[i] = rankOf[codes[i] as number] as number;
  }
  return makeColumn(int32, length, { values, valid });
}
