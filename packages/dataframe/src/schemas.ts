import type { DType, ListType, PlainType, Schema } from "./dtype.ts";
import type { Native } from "./expr/ast.ts";
import type { Columns } from "./expr/columns.ts";
import type { Expr } from "./expr/expr.ts";
import type { DTypeOf } from "./expr/result-type.ts";

/** Names of the columns of a schema. */
export type ColumnName<S extends Schema> = Extract<keyof S, string>;

/** A column to be: an expression, or a plain value for all rows. */
export type Cell = Expr<DType> | Exclude<Native, null>;

/** Columns to be, by name. */
export interface Cells {
  readonly [name: string]: Cell;
}

/** A function of the columns of a frame. */
export type OfColumns<S extends Schema, R> = (columns: Columns<S>) => R;

/** Columns to be, or a function of the columns that there are which gives them. */
export type CellsOf<S extends Schema, O extends Cells> = O | OfColumns<S, O>;

/** One thing or an array of them. */
export type OneOrMore<T> = T | readonly T[];

/** The schema of columns to be. */
export type CellSchema<O extends Cells> = { readonly [K in keyof O]: DTypeOf<O[K]> };

/** The dtypes that columns were cast to. */
export type Cast<T> = { readonly [K in keyof T]: Extract<T[K], DType> };

/** The schema of some columns. */
export type Selected<S extends Schema, K> = string extends keyof S
  ? Schema
  : { readonly [N in Extract<keyof S, K>]: S[N] };

/** The schema without some columns. */
export type Dropped<S extends Schema, K> = string extends keyof S
  ? Schema
  : { readonly [N in Exclude<keyof S, K>]: S[N] };

/** The schema after some columns were added or replaced. */
export type Replaced<S extends Schema, T extends Schema> = string extends keyof S | keyof T
  ? Schema
  : {
      readonly [N in keyof S | keyof T]: N extends keyof T
        ? T[N]
        : N extends keyof S
          ? S[N]
          : never;
    };

/** New names of some columns. */
export type NewNames<S extends Schema> = { readonly [K in ColumnName<S>]?: string };

/** The schema after columns got other names: `M` has the new name of each old one. */
export type Renamed<
  S extends Schema,
  M extends { readonly [N in keyof S]?: string },
> = string extends keyof S | keyof M
  ? Schema
  : { readonly [N in keyof S as N extends keyof M ? M[N] & string : N]: S[N] };

/** The schema after lists of a column became their items. */
export type Exploded<S extends Schema, K> = string extends keyof S
  ? Schema
  : {
      readonly [N in keyof S]: N extends K ? (S[N] extends ListType<infer T> ? T : S[N]) : S[N];
    };

/** The schema of the values of a column and how often each occurs. */
export type ValueCounts<S extends Schema, K extends string> = string extends keyof S
  ? Schema
  : { readonly [N in K | "count"]: N extends keyof S ? S[N] : PlainType<"int64"> };

/** A count for each of some columns. */
export type Counts<K extends string> = { readonly [N in K]: PlainType<"int64"> };
