import type { Delayed } from "@millrace/graph";
import { checkCallback } from "../check.ts";
import { extremeOf } from "../compare.ts";
import { emptyReduction, invalidArgument } from "../errors.ts";
import type { Partitions } from "../partitions.ts";
import { addStage, addTree, onlyValue } from "../partitions.ts";
import type { Held, MeanPart, Moments } from "../stage/terminals.ts";
import { addExactly, joinSums } from "../stage/terminals.ts";

/** How many elements. */
export function count(bag: Partitions): Delayed<number> {
  const parts = addStage(bag, "count-part", { kind: "count" });
  return onlyValue(addTree(parts, "count", { combine: [addCounts] }));
}

function addCounts(parts: readonly number[]): number {
  return parts.reduce((a, b) => a + b, 0);
}

/** The sum of numbers or bigints; of nothing 0. */
export function sum(bag: Partitions): Delayed<number | bigint> {
  const parts = addStage(bag, "sum-part", { kind: "sum" });
  return onlyValue(addTree(parts, "sum", { combine: [combineSums], aggregate: [finishSum] }));
}

function combineSums(parts: readonly unknown[]): unknown {
  return parts.reduce(joinSums, undefined);
}

function finishSum(parts: readonly unknown[]): unknown {
  const total = combineSums(parts) ?? 0;
  // As in a sum that begins at 0, which -0 does not change.
  return typeof total === "number" ? total + 0 : total;
}

/** The smallest or the largest element. */
export function extreme(bag: Partitions, want: "min" | "max"): Delayed<unknown> {
  const parts = addStage(bag, `${want}-part`, { kind: "extreme", want });
  return onlyValue(
    addTree(parts, want, { combine: [combineExtremes, want], aggregate: [finishExtreme, want] }),
  );
}

function combineExtremes(parts: readonly Held[], want: "min" | "max"): Held {
  return parts
    .filter(({ empty }) => !empty)
    .reduce((a, b) => (a.empty ? b : { value: extremeOf(want, a.value, b.value), empty: false }), {
      value: undefined,
      empty: true,
    });
}

function finishExtreme(parts: readonly Held[], want: "min" | "max"): unknown {
  const { value, empty } = combineExtremes(parts, want);
  if (empty) throw emptyReduction(want);
  return value;
}

/** The arithmetic mean; of nothing NaN. */
export function mean(bag: Partitions): Delayed<number> {
  const parts = addStage(bag, "mean-part", { kind: "mean" });
  return onlyValue(addTree(parts, "mean", { combine: [combineMeans], aggregate: [finishMean] }));
}

function combineMeans(parts: readonly MeanPart[]): MeanPart {
  const total = { count: 0, sum: 0, lost: 0 };
  for (const part of parts) {
    total.count += part.count;
    addExactly(total, part.sum);
    // Where the sum is not finite, what it has lost says nothing.
    if (Number.isFinite(part.lost)) addExactly(total, part.lost);
  }
  return total;
}

function finishMean(parts: readonly MeanPart[]): number {
  const { count: n, sum: total, lost } = combineMeans(parts);
  return (Number.isFinite(total) ? total + lost : total) / n;
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

/** Chan, Golub and LeVeque 1979. */
function combineMoments(parts: readonly Moments[]): Moments {
  return parts
    .filter((part) => part.count > 0)
    .reduce(
      (a, b) => {
        if (a.count === 0) return b;
        const n = a.count + b.count;
        const distance = b.mean - a.mean;
        return {
          count: n,
          mean: a.mean + (distance * b.count) / n,
          m2: a.m2 + b.m2 + (distance * distance * a.count * b.count) / n,
        };
      },
      { count: 0, mean: 0, m2: 0 },
    );
}

function finishSpread(
  parts: readonly Moments[],
  statistic: "variance" | "std",
  ddof: number,
): number {
  const { count: n, m2 } = combineMoments(parts);
  const variance = n - ddof > 0 ? m2 / (n - ddof) : NaN;
  return statistic === "variance" ? variance : Math.sqrt(variance);
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

function includesAnswer(parts: readonly boolean[], want: boolean): boolean {
  return parts.includes(want) ? want : !want;
}
