import type { Typed } from "../expr/typed.ts";

/** A column that is made of those of the input. */
export interface Output {
  readonly name: string;
  readonly value: Typed;
}

/**
 * A chain of filters and projections, merged: of the rows for which `filter` is true (null is not
 * true) the `outputs`, all written over the columns of the input. `outputs` are worked out for
 * rows that pass alone, so that they cannot fail on rows that a filter took out.
 */
export interface Stage {
  readonly filter: Typed | undefined;
  readonly outputs: readonly Output[];
}
