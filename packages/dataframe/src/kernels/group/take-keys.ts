import type { Column } from "../../column.ts";
import { makeColumn } from "../../column.ts";
import { takeColumn } from "../take.ts";

/**
 * Rows of a key that has each value once. Texts become a dictionary where groups repeat them: that
 * copies each of them once.
 */
export function takeKeys(key: Column, rows: Int32Array): Column {
  if (key.offsets === undefined || 2 * key.length > rows.length) return takeColumn(key, rows);
  const { valid } = key;
  if (valid === undefined) {
    return makeColumn(key.dtype, rows.length, { values: rows, dictionary: key });
  }
  // A dictionary has no nulls: codes behind that of null come down by one.
  const nullAt = valid.indexOf(0);
  const texts = Int32Array.from({ length: key.length - 1 }, (_, i) => (i < nullAt ? i : i + 1));
  const values = rows.map((row) => (row < nullAt ? row : row > nullAt ? row - 1 : 0));
  const taken = new Uint8Array(rows.length);
  for (let i = 0; i < rows.length; i++) taken[i] = rows[i] === nullAt ? 0 : 1;
  const dictionary = takeColumn(key, texts);
  return makeColumn(key.dtype, rows.length, {
    values,
    valid: taken,
    dictionary: makeColumn(dictionary.dtype, dictionary.length, {
      values: dictionary.values,
      offsets: dictionary.offsets,
    }),
  });
}
