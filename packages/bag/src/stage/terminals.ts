import { extremeOf } from "../compare.ts";
import { mixedNumeric, notNumeric } from "../errors.ts";
import { Best } from "./best.ts";
import type { Callback, KeyOf, StructuralOp, TerminalOp } from "./ops.ts";
import { pluckWith } from "./pluck.ts";

/** How a terminal folds the elements of a partition into one part. */
export interface Terminal {
  /** A fresh accumulator. */
  init(this: void): unknown;
  /** What `step` gets as its third argument, where it wants one; calls of it may overlap. */
  readonly key?: (this: void, value: unknown) => unknown;
  /** The accumulator with one more element; a promise where a callback is async. */
  step(this: void, acc: unknown, value: unknown, key: unknown): unknown;
  /** The same written into the loop, where a call or a boxed number an element would be felt. */
  readonly inline?: InlineStep;
  /** Whether no further element can change the part. */
  readonly done?: (this: void, acc: unknown) => boolean;
  /** The part; default the accumulator itself. */
  readonly finish?: (this: void, acc: unknown) => unknown;
}

/**
 * A step as text over `acc`, `v` and what `scope` names. A number that is summed up lives in a
 * local variable, which the engine keeps unboxed; `value` puts it back into the accumulator.
 */
export interface InlineStep {
  readonly enter?: string;
  readonly step: string;
  readonly value: string;
  readonly scope?: Readonly<Record<string, unknown>>;
}

/** Builds the terminal that an operation names; without one, elements are collected. */
export function makeTerminal(op: Exclude<TerminalOp, StructuralOp> | undefined): Terminal {
  switch (op?.kind) {
    case undefined:
      return collect;
    case "count":
      return count;
    case "sum":
      return sum;
    case "mean":
      return mean;
    case "moments":
      return moments(op.api);
    case "extreme":
      return extreme(op.want);
    case "keyed":
      return keyed(op.key);
    case "topk":
      return topk(op.k, op.key);
    case "some":
      return some(op.test, op.want);
    case "take":
      return take(op.k);
  }
}

const collect: Terminal = {
  init: () => [],
  step(acc, value) {
    (acc as unknown[]).push(value);
    return acc;
  },
  inline: { step: "acc.push(v);", value: "acc" },
};

const count: Terminal = {
  init: () => 0,
  step: (acc) => (acc as number) + 1,
  inline: { enter: "let n = 0;", step: "n++;", value: "acc + n" },
};

const sum: Terminal = {
  init: () => undefined,
  step: addToSum,
  inline: {
    enter: "let total = -0, summed = false;",
    step: [
      'if (typeof v === "number") {',
      "  total += v;",
      "  summed = true;",
      "} else acc = addToSum(summed ? joinSums(acc, total) : acc, v);",
    ].join("\n"),
    value: "joinSums(acc, summed ? total : undefined)",
    scope: { addToSum, joinSums },
  },
};

/** One sum of two; that of nothing is undefined. */
export function joinSums(a: unknown, b: unknown): unknown {
  if (a === undefined) return b;
  if (b === undefined) return a;
  if (typeof a === "number" && typeof b === "number") return a + b;
  if (typeof a === "bigint" && typeof b === "bigint") return a + b;
  throw mixedNumeric("sum");
}

/** A sum and one more addend, both numbers or both bigints. */
function addToSum(acc: unknown, value: unknown): unknown {
  const isAddend = typeof value === "number" || typeof value === "bigint";
  if (isAddend && (acc === undefined || typeof value === typeof acc)) return joinSums(acc, value);
  throw notNumeric("sum", value, typeof acc === "bigint" ? "bigints" : "numbers");
}

/** Neumaier 1974: `lost` is what rounding has taken from `sum`. */
export interface MeanPart {
  count: number;
  sum: number;
  lost: number;
}

const mean: Terminal = {
  init: (): MeanPart => ({ count: 0, sum: 0, lost: 0 }),
  step(acc, value) {
    if (typeof value !== "number") throw notNumeric("mean", value, "numbers");
    const part = acc as MeanPart;
    part.count++;
    addExactly(part, value);
    return part;
  },
};

/** Adds to a sum and to what it has lost. */
export function addExactly(part: { sum: number; lost: number }, value: number): void {
  const total = part.sum + value;
  part.lost +=
    Math.abs(part.sum) >= Math.abs(value) ? part.sum - total + value : value - total + part.sum;
  part.sum = total;
}

/** Count, mean and sum of squared distances from the mean. */
export interface Moments {
  count: number;
  mean: number;
  m2: number;
}

function moments(api: string): Terminal {
  return {
    init: (): Moments => ({ count: 0, mean: 0, m2: 0 }),
    // Welford 1962.
    step(acc, value) {
      if (typeof value !== "number") throw notNumeric(api, value, "numbers");
      const state = acc as Moments;
      const distance = value - state.mean;
      state.count++;
      state.mean += distance / state.count;
      state.m2 += distance * (value - state.mean);
      return state;
    },
  };
}

/** An accumulator that is empty until the first element. */
export interface Held {
  value: unknown;
  empty: boolean;
}

const nothingHeld = (): Held => ({ value: undefined, empty: true });

function hold(held: Held, value: unknown): Held {
  held.value = value;
  held.empty = false;
  return held;
}

function extreme(want: "min" | "max"): Terminal {
  return {
    init: nothingHeld,
    step(acc, value) {
      const held = acc as Held;
      return hold(held, held.empty ? value : extremeOf(want, held.value, value));
    },
  };
}

function keyed(key: KeyOf): Terminal {
  return {
    init: () => [],
    key: keyCall(key),
    step(acc, value, own) {
      (acc as unknown[]).push([own, value]);
      return acc;
    },
  };
}

function topk(k: number, key: KeyOf | undefined): Terminal {
  return {
    init: () => new Best(k),
    key: keyCall(key),
    step(acc, value, own) {
      (acc as Best).add({ key: own, value });
      return acc;
    },
    finish: (acc) => (acc as Best).ranked(),
  };
}

function some(test: Callback | undefined, want: boolean): Terminal {
  return {
    init: () => !want,
    key: keyCall(test),
    step: (acc, _, answer) => (Boolean(answer) === want ? want : acc),
    done: (acc) => acc === want,
  };
}

function take(k: number): Terminal {
  return { init: collect.init, step: collect.step, done: (acc) => (acc as unknown[]).length >= k };
}

/** The call for a key or an answer; default: the element itself. */
export function keyCall(key: KeyOf | undefined): (value: unknown) => unknown {
  if (key === undefined) return (value) => value;
  if (typeof key === "function") return key as (value: unknown) => unknown;
  return pluckWith(key.api, { key: key.name, fallback: undefined, hasFallback: false });
}
