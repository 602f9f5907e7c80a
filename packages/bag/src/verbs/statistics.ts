import type { Delayed, TaskFunction } from "@millrace/graph";
import { extremeOf } from "../compare.ts";
import { emptyReduction, invalidArgument } from "../errors.ts";
import type { Partitions } from "../partitions.ts";
import { addStage, addTree, checkCallback, onlyValue } from "../partitions.ts";
import type { Callback } from "../stage/ops.ts";
import type { Moments } from "../stage/terminals.ts";

/** How many elements. */
export function count(bag: Partitions): Delayed<number> {
  const parts = addStage(bag, "count-part", { kind: "count" });
  return onlyValue(addTree(parts, "count", { combine: addNumbers as TaskFunction }));
}

/** The sum of numbers or bigints; of nothing 0. */
export function sum(bag: Partitions): Delayed<number | bigint> {
  const parts = addStage(bag, "sum-part", { kind: "sum" });
  return onlyValue(addTree(parts, "sum", { combine: addNumbers as TaskFunction }));
}

/** An empty partition's 0 is a number even where the others are bigints. */
function addNumbers(parts: readonly (number | bigint)[]): number | bigint {
  const isBig = parts.some((part) => typeof part === "bigint");
  const addends = isBig ? parts.filter((part) => part !== 0) : parts;
  return (addends as readonly number[]).reduce((a, b) => a + b, (isBig ? 0n : 0) as number);
}

interface Held {
  readonly value: unknown;
  readonly empty: boolean;
}

/** The smallest or the largest element. */
export function extreme(bag: Partitions, want: "min" | "max"): Delayed<unknown> {
  const parts = addStage(bag, `${want}-part`, { kind: "extreme", want });
  return onlyValue(
    addTree(parts, want, {
      combine: combineExtremes as TaskFunction,
      combineArgs: [want],
      aggregate: finishExtreme as TaskFunction,
      aggregateArgs: [want],
    }),
  );
}

function combineExtremes(parts: readonly Held[], want: "min" | "max"): Held {
  const full = parts.filter(({ empty }) => !empty);
  return full.reduce(
    (a, b) => (a.empty ? b : { value: extremeOf(want, a.value, b.value), empty: false }),
    { value: undefined, empty: true },
  );
}

function finishExtreme(parts: readonly Held[], want: "min" | "max"): unknown {
  const { value, empty } = combineExtremes(parts, want);
  if (empty) throw emptyReduction(want);
  return value;
}

type Statistic = "mean" | "variance" | "std";

/** Mean, variance or standard deviation; `ddof` is taken from the count in the divisor. */
export function moment(bag: Partitions, statistic: Statistic, ddof: number): Delayed<number> {
  if (!Number.isFinite(ddof)) throw invalidArgument(statistic, "bad ddof", ddof, "a number");
  const parts = addStage(bag, "moments-part", { kind: "moments" });
  return onlyValue(
    addTree(parts, statistic, {
      combine: combineMoments as TaskFunction,
      aggregate: finishMoment as TaskFunction,
      aggregateArgs: [statistic, ddof],
    }),
  );
}

/** Chan, Golub and LeVeque 1979. */
function combineMoments(parts: readonly Moments[]): Moments {
  return parts.reduce(
    (a, b) => {
      const count = a.count + b.count;
      if (count === 0) return a;
      const distance = b.mean - a.mean;
      const mean = a.mean + (distance * b.count) / count;
      const m2 = a.m2 + b.m2 + (distance * distance * a.count * b.count) / count;
      return { count, mean: a.count === 0 ? b.mean : mean, m2: a.count === 0 ? b.m2 : m2 };
    },
    { count: 0, mean: 0, m2: 0 },
  );
}

function finishMoment(parts: readonly Moments[], statistic: Statistic, ddof: number): number {
  const { count: n, mean, m2 } = combineMoments(parts);
  if (statistic === "mean") return n === 0 ? NaN : mean;
  const variance = n - ddof > 0 ? m2 / (n - ddof) : NaN;
  return statistic === "variance" ? variance : Math.sqrt(variance);
}

/** Whether some element (`want` true) or every element (false) passes; stops at the first that decides. */
export function some(bag: Partitions, fn: Callback | undefined, want: boolean): Delayed<boolean> {
  const verb = want ? "any" : "all";
  if (fn !== undefined) checkCallback(verb, fn);
  const parts = addStage(bag, `${verb}-part`, { kind: "some", fn, want });
  return onlyValue(
    addTree(parts, verb, { combine: includesAnswer as TaskFunction, combineArgs: [want] }),
  );
}

function includesAnswer(parts: readonly boolean[], want: boolean): boolean {
  return parts.includes(want) ? want : !want;
}
