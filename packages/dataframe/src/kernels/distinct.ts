import type { Column } from "../column.ts";
import { makeGrouper } from "./group/grouper.ts";

/** The first row of each combination of values of columns, as they stand; null is a value here. */
export function distinctRows(columns: readonly Column[]): Int32Array {
  const length = columns[0]?.length ?? 0;
  const groups = new Int32Array(length);
  const fields = columns.map(({ dtype }, n) => ({ name: String(n), dtype }));
  const grouper = makeGrouper(fields);
  grouper.assign(columns, undefined, length, groups);
  const rows = new Int32Array(grouper.count);
  let count = 0;
  // Groups are numbered as they come, so that a number that was not there before is a first row.
  for (let row = 0; count < rows.length; row++) if (groups[row] === count) rows[count++] = row;
  return rows;
}
