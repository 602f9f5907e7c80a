import type { DType } from "../../dtype.ts";
import { isFloat, isInteger, isText } from "../../dtype-traits.ts";
import type { Scalar, Typed } from "../../expr/typed.ts";

/** What is known of the values of a column without reading them. */
export interface ColumnBounds {
  /** No value is smaller or greater; texts as bytes. Undefined: nothing is known. */
  readonly min: Bound | undefined;
  readonly max: Bound | undefined;
  readonly nulls: "none" | "some" | "all";
}

/** A bound of values. */
export type Bound = number | bigint | Uint8Array;

/** Whether a predicate may be true for a row of columns of which `boundsOf` tells. */
export function mayMatch(
  predicate: Typed,
  boundsOf: (column: string) => ColumnBounds | undefined,
): boolean {
  return (truths(predicate, boundsOf) & TRUE) !== 0;
}

type BoundsOf = (column: string) => ColumnBounds | undefined;

/** Truth values that an expression may have, as a set of bits. */
const TRUE = 1;
const FALSE = 2;
const NULL = 4;
const ANY = 7;

function truths(node: Typed, boundsOf: BoundsOf): number {
  if (node.kind === "literal") {
    if (node.value === null) return NULL;
    return node.value === true ? TRUE : FALSE;
  }
  if (node.kind === "column") {
    const { min, max, nulls } = boundsOf(node.name) ?? unknownBounds;
    if (nulls === "all") return NULL;
    return (max === 0 ? 0 : TRUE) | (min === 1 ? 0 : FALSE) | (nulls === "none" ? 0 : NULL);
  }
  if (node.kind !== "call") return ANY;
  const [first, second] = node.args as [Typed, Typed];
  const { fn } = node;
  if (fn === "and") return node.args.map((arg) => truths(arg, boundsOf)).reduce(both);
  if (fn === "or") return not(node.args.map((arg) => not(truths(arg, boundsOf))).reduce(both));
  if (fn === "not") return not(truths(first, boundsOf));
  if (fn === "isNull") return nullTruths(range(first, boundsOf));
  if (fn === "isNotNull") return not(nullTruths(range(first, boundsOf)));
  if (fn === "isIn") return membership(range(first, boundsOf), node.params);
  if (fn === "startsWith") {
    return prefix(range(first, boundsOf), node.params[0] ?? literalOf(second));
  }
  if (!isComparison(fn)) return ANY;
  return comparison(fn, range(first, boundsOf), range(second, boundsOf));
}

type Comparison = "eq" | "neq" | "lt" | "lte" | "gt" | "gte";

function isComparison(fn: string): fn is Comparison {
  return ["eq", "neq", "lt", "lte", "gt", "gte"].includes(fn);
}

function literalOf(node: Typed | undefined): Scalar {
  return node?.kind === "literal" ? node.value : null;
}

function not(set: number): number {
  return ((set & TRUE) << 1) | ((set & FALSE) >> 1) | (set & NULL);
}

/** Kleene's and of all values that two sets have. */
function both(a: number, b: number): number {
  const isTrue = a & b & TRUE;
  const isFalse = (a | b) & FALSE;
  const isNull = (a & NULL && b & (NULL | TRUE)) || (b & NULL && a & TRUE) ? NULL : 0;
  return isTrue | isFalse | isNull;
}

function nullTruths({ nulls }: ColumnBounds): number {
  if (nulls === "some") return TRUE | FALSE;
  return nulls === "all" ? TRUE : FALSE;
}

const unknownBounds: ColumnBounds = { min: undefined, max: undefined, nulls: "some" };

/** Between what the values of an expression lie. */
function range(node: Typed, boundsOf: BoundsOf): ColumnBounds {
  switch (node.kind) {
    case "literal": {
      if (node.value === null) return { ...unknownBounds, nulls: "all" };
      const bound = boundOf(node.value);
      return { min: bound, max: bound, nulls: "none" };
    }
    case "column":
      return openAbove(node.dtype, boundsOf(node.name) ?? unknownBounds);
    case "cast":
      return castRange(range(node.input, boundsOf), node.input.dtype, node.dtype, node.strict);
    case "call":
    case "case":
      return unknownBounds;
  }
}

function boundOf(value: string | number | bigint | boolean): Bound {
  if (typeof value === "string") return new TextEncoder().encode(value);
  return typeof value === "boolean" ? Number(value) : value;
}

/**
 * NaN is greater than every number and in no statistics: floats have no greatest value, also where
 * all others are one number.
 */
function openAbove(dtype: DType, bounds: ColumnBounds): ColumnBounds {
  return isFloat(dtype) ? { ...bounds, max: undefined } : bounds;
}

/** Conversions that keep the order; others tell nothing, but for nulls. */
function castRange(bounds: ColumnBounds, from: DType, to: DType, strict: boolean): ColumnBounds {
  const nulls = strict || bounds.nulls === "all" ? bounds.nulls : "some";
  if ((isText(from) && isText(to)) || (isInteger(from) && isInteger(to)))
    return { ...bounds, nulls };
  if (isInteger(from) && to.kind === "float64") {
    const [min, max] = [bounds.min, bounds.max].map((bound) => {
      return bound === undefined ? undefined : Number(bound);
    });
    return { min, max, nulls };
  }
  return { ...unknownBounds, nulls };
}

/** Whether one bound is smaller (-1), equal (0) or greater than another. */
function order(a: Bound, b: Bound): number {
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b);
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
  return a < b ? -1 : Number(a > b);
}

/** Whether some value of one range may be smaller than, or equal to, one of another. */
function mayPrecede(a: Bound | undefined, b: Bound | undefined, orEqual: boolean): boolean {
  if (a === undefined || b === undefined) return true;
  return orEqual ? order(a, b) <= 0 : order(a, b) < 0;
}

function comparison(fn: Comparison, a: ColumnBounds, b: ColumnBounds): number {
  if (a.nulls === "all" || b.nulls === "all") return NULL;
  const isNull = a.nulls === "none" && b.nulls === "none" ? 0 : NULL;
  switch (fn) {
    case "lt": {
      const isTrue = mayPrecede(a.min, b.max, false) ? TRUE : 0;
      return isTrue | (mayPrecede(b.min, a.max, true) ? FALSE : 0) | isNull;
    }
    case "lte": {
      const isTrue = mayPrecede(a.min, b.max, true) ? TRUE : 0;
      return isTrue | (mayPrecede(b.min, a.max, false) ? FALSE : 0) | isNull;
    }
    case "gt":
      return comparison("lt", b, a);
    case "gte":
      return comparison("lte", b, a);
    case "eq": {
      const isTrue = mayPrecede(a.min, b.max, true) && mayPrecede(b.min, a.max, true);
      return (isTrue ? TRUE : 0) | (isOneValue(a, b) ? 0 : FALSE) | isNull;
    }
    case "neq":
      return not(comparison("eq", a, b));
  }
}

/** Whether two ranges hold one value, the same. */
function isOneValue(a: ColumnBounds, b: ColumnBounds): boolean {
  const bounds = [a.min, a.max, b.min, b.max];
  return bounds.every((bound) => {
    return bound !== undefined && a.min !== undefined && order(bound, a.min) === 0;
  });
}

function membership(a: ColumnBounds, values: readonly Scalar[]): number {
  if (a.nulls === "all") return NULL;
  const isTrue = values.some((value) => {
    if (value === null) return false;
    const bound = boundOf(value);
    return mayPrecede(a.min, bound, true) && mayPrecede(bound, a.max, true);
  });
  return (isTrue ? TRUE : 0) | FALSE | NULL;
}

function prefix(a: ColumnBounds, start: Scalar): number {
  if (a.nulls === "all") return NULL;
  if (typeof start !== "string") return ANY;
  const bytes = new TextEncoder().encode(start);
  const first = a.min instanceof Uint8Array ? a.min.subarray(0, bytes.length) : undefined;
  const isTrue = mayPrecede(first, bytes, true) && mayPrecede(bytes, a.max, true);
  return (isTrue ? TRUE : 0) | FALSE | NULL;
}
