import type { Rows } from "../../row-loop.ts";
import { rowLoop } from "../../row-loop.ts";

/** Rows that have a value, and their groups. */
export interface Present {
  readonly rows: Int32Array;
  readonly groups: Int32Array;
}

/** The rows among those that count that are not null. */
export function presentRows(
  valid: Uint8Array,
  selection: Rows,
  n: number,
  groups: Int32Array,
): Present {
  const [rows, groupsOf, at] = [new Int32Array(n), new Int32Array(n), new Int32Array(1)];
  const loop = rowLoop<[Int32Array, Int32Array, Int32Array]>("present", valid, selection, () => ({
    params: "rows, groupsOf, next",
    body: "const j = next[0]++; rows[j] = i; groupsOf[j] = g;",
  }));
  loop(undefined, valid, selection, n, groups, rows, groupsOf, at);
  return { rows: rows.subarray(0, at[0]), groups: groupsOf };
}
