import type { Column } from "../../column.ts";
import type { DType, Field } from "../../dtype.ts";
import { isText } from "../../dtype-traits.ts";
import { noKey } from "../hash.ts";
import type { Rows } from "../row-loop.ts";
import { NumberGrouper } from "./number-grouper.ts";
import { PackedGrouper } from "./packed-grouper.ts";
import { canBePacked } from "./packing.ts";
import { TextGrouper } from "./text-grouper.ts";
import { TupleGrouper } from "./tuple-grouper.ts";

/**
 * Numbers the different values of keys in the order in which they are first met: equal values have
 * one number, null is a value, NaN is one value, -0 is 0. The first of equal values is kept.
 */
export interface Grouper {
  /** How many values there are. */
  readonly count: number;
  /** Numbers of the values in row `selection[k]`, or k, to `groups[k]`, for k below `n`. */
  assign(keys: readonly Column[], selection: Rows, n: number, groups: Int32Array): void;
  /** The values in the order of their numbers, a column a key. */
  keys(): Column[];
}

/** Rows that a grouper looks at in one go: what it works with stays in the cache. */
export const rowsAtOnce = 4_096;

/** A grouper of the values of some columns; without columns, all rows are of group 0. */
export function makeGrouper(fields: readonly Field[]): Grouper {
  const [first] = fields;
  if (fields.length === 1 && first !== undefined) return makeColumnGrouper(first.dtype);
  const dtypes = fields.map(({ dtype }) => dtype);
  const makeTuples = (): Grouper => new TupleGrouper(dtypes.map(makeColumnGrouper));
  return canBePacked(dtypes) ? new PackedGrouper(dtypes, makeTuples) : makeTuples();
}

/** A grouper of the values of one column. */
export function makeColumnGrouper(dtype: DType): Grouper {
  if (isText(dtype)) return new TextGrouper(dtype);
  if (dtype.kind === "list" || dtype.kind === "struct") throw noKey(dtype);
  return new NumberGrouper(dtype);
}
