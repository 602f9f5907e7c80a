import type { DType } from "../dtype.ts";
import type { AggregateName, FunctionName, Scalar } from "./typed.ts";

/** A constant as users write it. */
export type Native = number | bigint | string | boolean | Date | null;

/** A constant that takes its dtype from what it meets. */
export interface Constant {
  readonly kind: "value";
  readonly value: Native;
}

/** A reduction of all rows of a group; `rows` has no argument. */
export interface AggregateAst {
  readonly kind: "aggregate";
  readonly fn: AggregateName;
  readonly arg: Ast | undefined;
  readonly params: readonly number[];
}

/**
 * What a user wrote, before columns and dtypes are known: `resolve` checks it against a frame.
 * Parts may be shared, so whoever walks it keeps what it has worked out.
 */
export type Ast =
  | Constant
  | AggregateAst
  | { readonly kind: "column"; readonly name: string }
  | { readonly kind: "alias"; readonly input: Ast; readonly name: string }
  | {
      readonly kind: "call";
      readonly fn: FunctionName;
      readonly args: readonly Ast[];
      readonly params: readonly Scalar[];
    }
  | {
      readonly kind: "cast";
      readonly input: Ast;
      readonly dtype: DType;
      readonly strict: boolean;
    }
  | {
      readonly kind: "case";
      readonly branches: readonly (readonly [condition: Ast, value: Ast])[];
      readonly otherwise: Ast;
    };
