import type { Delayed } from "@millrace/graph";
import { checkCallback } from "../check.ts";
import { invalidArgument } from "../errors.ts";
import type { Partitions } from "../partitions.ts";
import { addStage, addTree, onlyValue } from "../partitions.ts";
import {
  combineCounts,
  combineExtremes,
  combineMeans,
  combineMoments,
  combineSums,
  finishExtreme,
  finishMean,
  finishSpread,
  finishSum,
  includesAnswer,
} from "../steps/statistics.ts";

/** How many elements. */
export function count(bag: Partitions): Delayed<number> {
  const parts = addStage(bag, "count-part", { kind: "count" });
  return onlyValue(addTree(parts, "count", { combine: [combineCounts] }));
}

/** The sum of numbers or bigints; of nothing 0. */
export function sum(bag: Partitions): Delayed<number | bigint> {
  const parts = addStage(bag, "sum-part", { kind: "sum" });
  return onlyValue(addTree(parts, "sum", { combine: [combineSums], aggregate: [finishSum] }));
}

/** The smallest or the largest element. */
export function extreme(bag: Partitions, want: "min" | "max"): Delayed<unknown> {
  const parts = addStage(bag, `${want}-part`, { kind: "extreme", want });
  return onlyValue(
    addTree(parts, want, { combine: [combineExtremes, want], aggregate: [finishExtreme, want] }),
  );
}

/** The arithmetic mean; of nothing NaN. */
export function mean(bag: Partitions): Delayed<number> {
  const parts = addStage(bag, "mean-part", { kind: "mean" });
  return onlyValue(addTree(parts, "mean", { combine: [combineMeans], aggregate: [finishMean] }));
}

/** Variance or standard deviation; `ddof` is taken from the count in the divisor. */
export function spread(
  bag: Partitions,
  statistic: "variance" | "std",
  ddof: number,
): Delayed<number> {
  if (!Number.isFinite(ddof)) throw invalidArgument(statistic, "bad ddof", ddof, "a number");
  const parts = addStage(bag, `${statistic}-part`, { kind: "moments", api: statistic });
  return onlyValue(
    addTree(parts, statistic, {
      combine: [combineMoments],
      aggregate: [finishSpread, statistic, ddof],
    }),
  );
}

/**
 * Whether some element (`want` true) or every element (false) passes; stops where it is decided.
 */
export function some(bag: Partitions, p: unknown, want: boolean): Delayed<boolean> {
  const verb = want ? "any" : "all";
  const test = p === undefined ? undefined : checkCallback(verb, p);
  const parts = addStage(bag, `${verb}-part`, { kind: "some", test, want });
  return onlyValue(addTree(parts, verb, { combine: [includesAnswer, want] }));
}
