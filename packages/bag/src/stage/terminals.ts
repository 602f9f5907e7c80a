import { compareValues, extremeOf } from "../compare.ts";
import { notNumeric } from "../errors.ts";
import { cloneInitial } from "../initial.ts";
import type { Callback, TerminalOp } from "./ops.ts";
import { StructuralMap } from "./structural-map.ts";

/** How a terminal folds the elements of a partition into one part. */
export interface Terminal {
  /** A fresh accumulator. */
  init(): unknown;
  /** The accumulator with one more element; a promise where a callback is async. */
  step(acc: unknown, value: unknown): unknown;
  /** Source text for `acc = …` over `acc` and `v`, for terminals without callbacks: runs inside the loop. */
  readonly source?: string;
  /** Whether no further element can change the part. */
  done?(acc: unknown): boolean;
  /** The part; default the accumulator itself. */
  finish?(acc: unknown): unknown;
}

/** Builds the terminal that an operation names. */
export function makeTerminal(op: TerminalOp | undefined): Terminal {
  if (op === undefined) return collect;
  switch (op.kind) {
    case "count":
      return { init: () => 0, step: (acc) => (acc as number) + 1, source: "acc + 1" };
    case "sum":
      return sum;
    case "extreme":
      return extreme(op.want);
    case "moments":
      return moments;
    case "frequencies":
      return frequencies;
    case "distinct":
      return distinct(op.fn);
    case "topk":
      return topk(op.k, op.fn);
    case "some":
      return some(op.fn, op.want);
    case "take":
      return take(op.k);
    case "fold":
      return fold(op.fn, op.initial);
    case "foldBy":
      return foldBy(op);
  }
}

const collect: Terminal = {
  init: () => [],
  step(acc, value) {
    (acc as unknown[]).push(value);
    return acc;
  },
  source: "(acc.push(v), acc)",
};

const sum: Terminal = {
  init: () => 0,
  // A sum of bigints starts at its first element: 0 cannot be added to one.
  step: (acc, v) => (acc === 0 && typeof v === "bigint" ? v : (acc as number) + (v as number)),
  source: '(acc === 0 && typeof v === "bigint" ? v : acc + v)',
  finish(acc) {
    if (typeof acc === "number" || typeof acc === "bigint") return acc;
    throw notNumeric("sum", acc);
  },
};

/** An accumulator that is empty until the first element. */
interface Held {
  value: unknown;
  empty: boolean;
}

function extreme(want: "min" | "max"): Terminal {
  return {
    init: (): Held => ({ value: undefined, empty: true }),
    step(acc, value) {
      const held = acc as Held;
      held.value = held.empty ? value : extremeOf(want, held.value, value);
      held.empty = false;
      return held;
    },
  };
}

/** Count, mean and sum of squared distances from the mean. */
export interface Moments {
  count: number;
  mean: number;
  m2: number;
}

const moments: Terminal = {
  init: (): Moments => ({ count: 0, mean: 0, m2: 0 }),
  // Welford 1962.
  step(acc, value) {
    if (typeof value !== "number") throw notNumeric("mean", value);
    const state = acc as Moments;
    const distance = value - state.mean;
    state.count++;
    state.mean += distance / state.count;
    state.m2 += distance * (value - state.mean);
    return state;
  },
};

const frequencies: Terminal = {
  init: () => new StructuralMap<number>(),
  step(acc, value) {
    const counts = acc as StructuralMap<number>;
    const entry = counts.find(value);
    if (entry === undefined) counts.add(value, 1);
    else entry.value++;
    return counts;
  },
  finish: (acc) => pairsOf(acc as StructuralMap<number>),
};

/** The entries of a map as `[key, value]` pairs. */
export function pairsOf<V>(map: StructuralMap<V>): [unknown, V][] {
  return Array.from(map.entries(), ({ key, value }) => [key, value]);
}

function distinct(fn: Callback | undefined): Terminal {
  const keyOf = keyFunction(fn);
  return {
    init: () => new StructuralMap<unknown>(),
    step: (acc, value) =>
      withSettled(keyOf(value), (key) => {
        const seen = acc as StructuralMap<unknown>;
        if (seen.find(key) === undefined) seen.add(key, value);
        return seen;
      }),
    finish: (acc) => Array.from((acc as StructuralMap<unknown>).entries(), ({ value }) => value),
  };
}

/** The best so far with their keys, worst last; elements that tie keep their order. */
interface Ranked {
  readonly key: unknown;
  readonly value: unknown;
}

function topk(k: number, fn: Callback | undefined): Terminal {
  const keyOf = keyFunction(fn);
  return {
    init: (): Ranked[] => [],
    step: (acc, value) =>
      withSettled(keyOf(value), (key) => {
        insertRanked(acc as Ranked[], { key, value }, k);
        return acc;
      }),
  };
}

/** Puts an entry at its place among the best `k`, behind those that it ties with. */
export function insertRanked(best: Ranked[], entry: Ranked, k: number): void {
  const worst = best.at(-1);
  if (k === 0) return;
  if (best.length === k && worst !== undefined && compareValues(entry.key, worst.key) <= 0) return;
  let low = 0;
  let high = best.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareValues(entry.key, (best[middle] as Ranked).key) > 0) high = middle;
    else low = middle + 1;
  }
  best.splice(low, 0, entry);
  if (best.length > k) best.pop();
}

function some(fn: Callback | undefined, want: boolean): Terminal {
  const test = (fn ?? ((value: unknown) => value)) as (value: unknown) => unknown;
  return {
    init: () => !want,
    step: (acc, value) =>
      withSettled(test(value), (answer) => (Boolean(answer) === want ? want : (acc as boolean))),
    done: (acc) => acc === want,
  };
}

function take(k: number): Terminal {
  return {
    init: () => [],
    step(acc, value) {
      (acc as unknown[]).push(value);
      return acc;
    },
    source: "(acc.push(v), acc)",
    done: (acc) => (acc as unknown[]).length >= k,
  };
}

function fold(fn: Callback, initial: { readonly value: unknown } | undefined): Terminal {
  const step = fn as (acc: unknown, value: unknown) => unknown;
  return {
    init: (): Held =>
      initial === undefined
        ? { value: undefined, empty: true }
        : { value: cloneInitial(initial.value), empty: false },
    step(acc, value) {
      const held = acc as Held;
      if (held.empty) {
        held.value = value;
        held.empty = false;
        return held;
      }
      return withSettled(step(held.value, value), (next) => {
        held.value = next;
        return held;
      });
    },
  };
}

function foldBy(op: Extract<TerminalOp, { kind: "foldBy" }>): Terminal {
  const keyOf = op.key as (value: unknown) => unknown;
  const step = op.fn as (acc: unknown, value: unknown) => unknown;
  const { initial } = op;
  return {
    init: () => new StructuralMap<unknown>(),
    step: (acc, value) =>
      withSettled(keyOf(value), (key) => {
        const groups = acc as StructuralMap<unknown>;
        const entry = groups.find(key);
        if (entry === undefined && initial === undefined) {
          groups.add(key, value);
          return groups;
        }
        const held = entry === undefined ? cloneInitial(initial?.value) : entry.value;
        return withSettled(step(held, value), (next) => {
          const current = groups.find(key);
          if (current === undefined) groups.add(key, next);
          else current.value = next;
          return groups;
        });
      }),
    finish: (acc) => pairsOf(acc as StructuralMap<unknown>),
  };
}

function keyFunction(fn: Callback | undefined): (value: unknown) => unknown {
  return (fn as ((value: unknown) => unknown) | undefined) ?? ((value) => value);
}

/** Continues with a value now, or when it has settled. */
export function withSettled<R>(
  value: unknown,
  then: (settled: unknown) => R,
): R | Promise<Awaited<R>> {
  return isPending(value)
    ? (Promise.resolve(value).then(then) as Promise<Awaited<R>>)
    : then(value);
}

/** Whether a callback gave something that must be awaited. */
export function isPending(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === "object" &&
    value !== null &&
    typeof (value as { then?: unknown }).then === "function"
  );
}
