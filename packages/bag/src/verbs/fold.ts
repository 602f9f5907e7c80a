import type { Delayed } from "@millrace/graph";
import { checkCallback, checkOptionNames } from "../check.ts";
import { emptyReduction } from "../errors.ts";
import { cloneInitial, combineInitial, initialOf } from "../initial.ts";
import type { Partitions } from "../partitions.ts";
import { addStage, addTree, onlyValue } from "../partitions.ts";
import type { Callback, Initial } from "../stage/ops.ts";
import { reduceInOrder, withSettled } from "../stage/settled.ts";
import type { Held } from "../stage/terminals.ts";

/**
 * How a fold starts, and how its parts are joined.
 *
 * @example
 * ```ts
 * import { Bag } from "@millrace/bag";
 * import type { FoldOptions } from "@millrace/bag";
 *
 * const options: FoldOptions<number> = { initial: 0, splitEvery: 4 };
 * await Bag.range(10).fold((a, b) => a + b, options).compute(); // => 45
 * ```
 */
export interface FoldOptions<A = unknown> {
  /**
   * Where every partition starts; an identity of `combine`, such as 0 for a sum. Plain data: each
   * start gets a copy.
   */
  readonly initial?: A;
  /** Joins two parts; default the folding function itself. */
  combine?(a: A, b: A): A | PromiseLike<A>;
  /** At most this many parts go into one task; 2 or more, default 8. */
  readonly splitEvery?: number;
}

/**
 * Options of a fold into something that is no element: it needs a start and a way to join parts.
 *
 * @example
 * ```ts
 * import { Bag } from "@millrace/bag";
 * import type { FoldInto } from "@millrace/bag";
 *
 * const options: FoldInto<number> = { initial: 0, combine: (a, b) => a + b };
 * await Bag.from(["to", "be"]).fold((n, word) => n + word.length, options).compute(); // => 4
 * ```
 */
export interface FoldInto<A> {
  /**
   * Where every partition starts; an identity of `combine`, such as 0 for a sum. Plain data: each
   * start gets a copy.
   */
  readonly initial: A;
  /** Joins two parts. */
  combine(a: A, b: A): A | PromiseLike<A>;
  /** At most this many parts go into one task; 2 or more, default 8. */
  readonly splitEvery?: number;
}

/** The options of a fold, checked. */
export interface Folding {
  readonly fn: Callback;
  readonly combine: Callback;
  readonly initial: Initial;
  readonly splitEvery: number | undefined;
}

/** Checks what a fold was given. */
export function foldingOf(api: string, f: unknown, options: object): Folding {
  checkOptionNames(api, options, ["initial", "combine", "splitEvery"]);
  const fn = checkCallback(api, f);
  const { combine = fn, splitEvery } = options as { combine?: unknown; splitEvery?: number };
  return { fn, combine: checkCallback(api, combine), initial: initialOf(api, options), splitEvery };
}

type Combine = (a: unknown, b: unknown) => unknown;

/** Folds the elements of each partition in order, then the parts in a tree. */
export function fold(bag: Partitions, f: unknown, options: object): Delayed<unknown> {
  const { fn, combine, initial, splitEvery } = foldingOf("fold", f, options);
  const parts = addStage(bag, "fold-part", { kind: "fold", fn, initial });
  return onlyValue(
    addTree(parts, "fold", {
      combine: [combineParts, combine],
      aggregate: [finishFold, combine, initial],
      splitEvery,
    }),
  );
}

/** Empty parts add nothing: neither an element nor an initial value. */
function combineParts(parts: readonly Held[], combine: Combine): Held | Promise<Held> {
  const full = parts.filter(({ empty }) => !empty);
  const start = full[0] ?? { value: undefined, empty: true };
  return reduceInOrder(full.slice(1), start, (a, b) =>
    withSettled(combine(a.value, b.value), (value): Held => ({ value, empty: false })),
  );
}

async function finishFold(
  parts: readonly Held[],
  combine: Combine,
  initial: Initial,
): Promise<unknown> {
  const full = parts.filter(({ empty }) => !empty);
  if (initial === undefined) {
    const { value, empty } = await combineParts(full, combine);
    if (empty) throw emptyReduction("fold");
    return value;
  }
  const [first, ...others] = full;
  const start = first === undefined ? cloneInitial(initial.value) : first.value;
  const value = await combineInitial("fold", initial.value, start, combine);
  return (await combineParts([{ value, empty: false }, ...others], combine)).value;
}
