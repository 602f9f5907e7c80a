import type { Delayed, TaskFunction } from "@millrace/graph";
import { emptyReduction, invalidArgument } from "../errors.ts";
import { checkIdentity, cloneInitial } from "../initial.ts";
import type { Partitions } from "../partitions.ts";
import { addStage, addTree, checkCallback, checkOptionNames, onlyValue } from "../partitions.ts";
import type { Callback, Initial } from "../stage/ops.ts";
import { withSettled } from "../stage/terminals.ts";

/** How a fold starts, and how its parts are joined. */
export interface FoldOptions<A = unknown> {
  /** Where every partition starts; an identity of `combine`. Plain data: each partition gets a copy. */
  readonly initial?: A;
  /** Joins two parts; default the folding function itself. */
  combine?(a: A, b: A): A | PromiseLike<A>;
  /** At most this many parts go into one task; 2 or more, default 8. */
  readonly splitEvery?: number;
}

/** Options of a fold into something that is no element: it needs a start and a way to join parts. */
export interface FoldInto<A> {
  /** Where every partition starts; an identity of `combine`. Plain data: each partition gets a copy. */
  readonly initial: A;
  /** Joins two parts. */
  combine(a: A, b: A): A | PromiseLike<A>;
  /** At most this many parts go into one task; 2 or more, default 8. */
  readonly splitEvery?: number;
}

/** The part of one partition; empty where there was nothing to fold and no initial value. */
interface Part {
  readonly value: unknown;
  readonly empty: boolean;
}

type Combine = (a: unknown, b: unknown) => unknown;

/** Folds the elements of each partition in order, then the parts in a tree. */
export function fold(bag: Partitions, fn: Callback, options: FoldOptions): Delayed<unknown> {
  checkCallback("fold", fn);
  checkOptionNames("fold", options, ["initial", "combine", "splitEvery"]);
  const { combine = fn, splitEvery } = options as FoldOptions & { combine?: Callback };
  checkCallback("fold", combine as Callback);
  const initial = initialOf("fold", options);
  const parts = addStage(bag, "fold-part", { kind: "fold", fn, initial });
  return onlyValue(
    addTree(parts, "fold", {
      combine: combineParts as TaskFunction,
      combineArgs: [combine],
      aggregate: finishFold as TaskFunction,
      aggregateArgs: [combine, initial],
      splitEvery,
    }),
  );
}

/** The initial value, if the option was given; `undefined` itself may be one. */
export function initialOf(api: string, options: { readonly initial?: unknown }): Initial {
  if (!("initial" in options)) return undefined;
  const { initial } = options;
  try {
    return { value: cloneInitial(initial) };
  } catch (error) {
    const remedy = "Start from plain data; make other things inside the callback.";
    throw Object.assign(
      invalidArgument(api, "the initial value cannot be copied", initial, "plain data", remedy),
      { cause: error },
    );
  }
}

function combineParts(parts: readonly Part[], combine: Combine): unknown {
  const full = parts.filter(({ empty }) => !empty);
  const start = full[0] ?? { value: undefined, empty: true };
  return reduceInOrder(full.slice(1), start, (a, b) =>
    withSettled(combine(a.value, b.value), (value): Part => ({ value, empty: false })),
  );
}

/** Folds from the left; a promise only where a callback gave one. */
export function reduceInOrder<A, T>(
  items: readonly T[],
  start: A,
  step: (acc: A, item: T) => A | Promise<A>,
): A | Promise<A> {
  let acc = start;
  for (let i = 0; i < items.length; i++) {
    const next = step(acc, items[i] as T);
    if (next instanceof Promise) return continueReduce(items, i + 1, next, step);
    acc = next;
  }
  return acc;
}

async function continueReduce<A, T>(
  items: readonly T[],
  from: number,
  start: Promise<A>,
  step: (acc: A, item: T) => A | Promise<A>,
): Promise<A> {
  let acc = await start;
  for (let i = from; i < items.length; i++) acc = await step(acc, items[i] as T);
  return acc;
}

async function finishFold(
  parts: readonly Part[],
  combine: Combine,
  initial: Initial,
): Promise<unknown> {
  const first = parts[0];
  if (initial !== undefined && first !== undefined && !first.empty) {
    await checkIdentity("fold", initial.value, first.value, combine);
  }
  const { value, empty } = (await combineParts(parts, combine)) as Part;
  if (!empty) return value;
  throw emptyReduction("fold");
}
