import { DataFrame, planOf } from "./dataframe.ts";
import type { Schema } from "./dtype.ts";
import { invalidArgument } from "./errors.ts";
import { concat as concatPlans } from "./plan/partitions.ts";

/**
 * The rows of several frames of the same columns, their partitions one after the other.
 *
 * @throws DataFrameError `dataframe/schema-mismatch`, `dataframe/invalid-argument`
 * @example
 * ```ts
 * import { DataFrame, concat } from "@millrace/dataframe";
 *
 * const words = ["to", "be"].map((word) => DataFrame.fromRows([{ word }]));
 * await concat(words).toRows(); // => [{ word: "to" }, { word: "be" }]
 * ```
 */
export function concat<S extends Schema>(frames: readonly DataFrame<S>[]): DataFrame<S> {
  if (!Array.isArray(frames)) {
    throw invalidArgument("concat", "the frames must come as an array", frames, "an array");
  }
  return new DataFrame(concatPlans(frames.map((frame) => planOf("concat", frame))));
}
