import type { Delayed } from "@millrace/graph";
import { checkCallback, checkOptionNames } from "../check.ts";
import { copyData } from "../copy-data.ts";
import { emptyReduction } from "../errors.ts";
import { checkIdentity, initialOf } from "../initial.ts";
import type { Partitions } from "../partitions.ts";
import { addStage, addTree, onlyValue } from "../partitions.ts";
import type { Folded } from "../stage/folded.ts";
import { foldOn } from "../stage/folded.ts";
import type { Callback, Initial } from "../stage/ops.ts";
import { reduceInOrder, whileWanted, withSettled } from "../stage/settled.ts";
import type { FoldPart } from "../stage/structural-terminals.ts";

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
function combineParts(parts: readonly FoldPart[], combine: Combine): FoldPart | Promise<FoldPart> {
  const [first, ...others] = parts.filter(isFull);
  if (first === undefined) return [];
  const join = whileWanted(combine);
  const folded = reduceInOrder<Folded, readonly [unknown]>(
    others,
    { value: first[0], isOwn: false },
    (acc, [value]) => foldOn(acc, (own) => join(own, copyData(value))),
  );
  return withSettled(folded, (last): FoldPart => [(last as Folded).value]);
}

function isFull(part: FoldPart): part is readonly [value: unknown] {
  return part.length > 0;
}

async function finishFold(
  parts: readonly FoldPart[],
  combine: Combine,
  initial: Initial,
): Promise<unknown> {
  if (initial !== undefined) {
    const [first = [copyData(initial.value)]] = parts.filter(isFull);
    await checkIdentity("fold", initial.value, first[0], combine);
    if (!parts.some(isFull)) return first[0];
  }
  const part = await combineParts(parts, combine);
  if (!isFull(part)) throw emptyReduction("fold");
  return part[0];
}
