import type { Delayed } from "@millrace/graph";
import { checkCallback, checkOptionNames } from "../check.ts";
import { copyData } from "../copy-data.ts";
import { invalidArgument } from "../errors.ts";
import { asSnapshot } from "../layer-name.ts";
import type { Partitions } from "../partitions.ts";
import { addStage, addTree, onlyValue } from "../partitions.ts";
import type { Callback, Initial } from "../stage/ops.ts";
import { combineParts, finishFold } from "../steps/folds.ts";

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
   * Where every partition starts; an identity of `combine`, such as 0 for a sum. Each start gets a
   * copy, so it is data, or an instance of a class that hides no state.
   */
  readonly initial?: A;
  /** Joins two parts, and may change them; default the folding function itself. */
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
   * Where every partition starts; an identity of `combine`, such as 0 for a sum. Each start gets a
   * copy, so it is data, or an instance of a class that hides no state.
   */
  readonly initial: A;
  /** Joins two parts, and may change them. */
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

/**
 * The initial value of a fold, if the option was given; `undefined` itself may be one. Each start
 * gets a copy, since a callback may change its accumulator: so it must be something that can be
 * copied.
 */
function initialOf(api: string, options: { readonly initial?: unknown }): Initial {
  if (!("initial" in options)) return undefined;
  const kept: unknown[] = [];
  const value = copyData(options.initial, (part) => kept.push(part));
  if (kept.length === 0) return asSnapshot({ value });
  const remedy = "Start from data; make other things inside the callback.";
  const what = "the initial value cannot be copied";
  throw invalidArgument(api, what, kept[0], "data that hides no state", remedy);
}

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
