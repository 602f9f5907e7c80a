import type { DType } from "../dtype.ts";
import type { Ast, Native } from "./ast.ts";
import type { Expr } from "./expr.ts";
import { astOf, make } from "./expr.ts";
import type { BoolType, MergeAll, Operand, SideType } from "./result-type.ts";

type Branches = readonly (readonly [condition: Ast, value: Ast])[];

/**
 * Begins a choice: `when(p).then(a).otherwise(b)`, with more `.when(q).then(c)` between. A row
 * takes the value of the first condition that is true; null is not true. What a row does not take
 * is not worked out for it, so that it cannot fail there.
 *
 * @example
 * ```ts
 * import { col, when } from "@millrace/dataframe";
 *
 * const large = when(col("n").gt(99)).then("large");
 * const size = large.when(col("n").gt(9)).then("some").otherwise("few");
 * String(size); // => 'case when (n > 99) then "large" when (n > 9) then "some" else "few" end'
 * ```
 */
export function when(condition: Operand<BoolType>): When<[]> {
  return new When([], astOf("when", condition));
}

/** A condition that waits for its value. */
export class When<Values extends readonly unknown[]> {
  readonly #branches: Branches;
  readonly #condition: Ast;

  /** Of the branches before it; users write `when(…)`. */
  constructor(branches: Branches, condition: Ast) {
    this.#branches = branches;
    this.#condition = condition;
  }

  /** The value where the condition is true and none before it was. */
  // oxlint-disable-next-line unicorn/no-thenable -- the word of SQL; nobody awaits a condition
  then<const V extends Alternative<Values>>(value: V): Then<[...Values, V]> {
    return new Then([...this.#branches, [this.#condition, astOf("then", value)]]);
  }
}

/** Branches that wait for one more, or for the value of all other rows. */
export class Then<Values extends readonly unknown[]> {
  readonly #branches: Branches;

  /** Of all branches so far; users write `when(…).then(…)`. */
  constructor(branches: Branches) {
    this.#branches = branches;
  }

  /** One more condition, for rows where none before it was true. */
  when(condition: Operand<BoolType>): When<Values> {
    return new When(this.#branches, astOf("when", condition));
  }

  /** The value of all other rows, which may be null. */
  otherwise<const V extends Alternative<Values>>(value: V): Expr<MergeAll<[...Values, V]>> {
    const otherwise = astOf("otherwise", value);
    return make({ kind: "case", branches: this.#branches, otherwise });
  }
}

/** What can stand beside the values of the branches before. */
type Alternative<Values extends readonly unknown[]> = Values extends readonly [
  infer A,
  ...unknown[],
]
  ? A extends null
    ? Expr<DType> | Native
    : Operand<SideType<A>>
  : Expr<DType> | Native;
