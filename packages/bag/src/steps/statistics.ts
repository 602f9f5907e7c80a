import { declareExports } from "@millrace/closure/tasks";
import { extremeOf } from "../compare.ts";
import { emptyReduction } from "../errors.ts";
import type { Held, MeanPart, Moments } from "../stage/terminals.ts";
import { addExactly, joinSums } from "../stage/terminals.ts";

/** One count of many. */
export function combineCounts(parts: readonly number[]): number {
  return parts.reduce((a, b) => a + b, 0);
}

/** One sum of many; that of nothing is undefined. */
export function combineSums(parts: readonly unknown[]): unknown {
  return parts.reduce(joinSums, undefined);
}

/** The sum of all, of nothing 0. */
export function finishSum(parts: readonly unknown[]): unknown {
  const total = combineSums(parts) ?? 0;
  // As in a sum that begins at 0, which -0 does not change.
  return typeof total === "number" ? total + 0 : total;
}

/** The extreme of those parts that have one. */
export function combineExtremes(parts: readonly Held[], want: "min" | "max"): Held {
  return parts
    .filter(({ empty }) => !empty)
    .reduce((a, b) => (a.empty ? b : { value: extremeOf(want, a.value, b.value), empty: false }), {
      value: undefined,
      empty: true,
    });
}

/** The extreme of all. */
export function finishExtreme(parts: readonly Held[], want: "min" | "max"): unknown {
  const { value, empty } = combineExtremes(parts, want);
  if (empty) throw emptyReduction(want);
  return value;
}

/** One part of many. */
export function combineMeans(parts: readonly MeanPart[]): MeanPart {
  const total = { count: 0, sum: 0, lost: 0 };
  for (const part of parts) {
    total.count += part.count;
    addExactly(total, part.sum);
    // Where the sum is not finite, what it has lost says nothing.
    if (Number.isFinite(part.lost)) addExactly(total, part.lost);
  }
  return total;
}

/** The mean of all, of nothing NaN. */
export function finishMean(parts: readonly MeanPart[]): number {
  const { count: n, sum: total, lost } = combineMeans(parts);
  return (Number.isFinite(total) ? total + lost : total) / n;
}

/** One part of many. Chan, Golub and LeVeque 1979. */
export function combineMoments(parts: readonly Moments[]): Moments {
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

/** Variance or standard deviation of all; `ddof` is taken from the count in the divisor. */
export function finishSpread(
  parts: readonly Moments[],
  statistic: "variance" | "std",
  ddof: number,
): number {
  const { count: n, m2 } = combineMoments(parts);
  const variance = n - ddof > 0 ? m2 / (n - ddof) : NaN;
  return statistic === "variance" ? variance : Math.sqrt(variance);
}

/** Whether the answer that decides is among them. */
export function includesAnswer(parts: readonly boolean[], want: boolean): boolean {
  return parts.includes(want) ? want : !want;
}

declareExports(
  import.meta.url,
  {
    combineCounts,
    combineSums,
    finishSum,
    combineExtremes,
    finishExtreme,
    combineMeans,
    finishMean,
    combineMoments,
    finishSpread,
    includesAnswer,
  },
  { package: "@millrace/bag" },
);
