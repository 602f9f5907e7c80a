import fc from "fast-check";

import type { DType, Field } from "../../../packages/dataframe/dist/dtype.js";
import * as d from "../../../packages/dataframe/dist/dtype.js";
import {
  isFloat,
  isInteger,
  isNumeric,
  isText,
  sameDType,
} from "../../../packages/dataframe/dist/dtype-traits.js";
import type {
  Aggregate,
  AggregateName,
  FunctionName,
  Scalar,
  Typed,
} from "../../../packages/dataframe/dist/expr/typed.js";
import {
  callNode,
  caseNode,
  castNode,
  columnNode,
  literalNode,
} from "../../../packages/dataframe/dist/expr/typed.js";
import { oddValues, orderableTypes } from "./arbitraries.ts";

/** What random expressions may be made of. */
export interface Limits {
  /** Which calls, casts and choices may occur; all where it is missing. */
  readonly accepts?: (node: Typed) => boolean;
}

/** Random well-typed expressions over columns, of one of the dtypes given; deep ones are rare. */
export function typedExpressions(
  fields: readonly Field[],
  types: readonly DType[] = [...orderableTypes, d.list(d.utf8)],
  { accepts }: Limits = {},
): fc.Arbitrary<Typed> {
  return choiceLists.map((choices) => {
    const draw = new Draw(fields, choices, accepts);
    return draw.typed(draw.oneOf(types), 4);
  });
}

/** Random aggregates of expressions over columns, of all functions or those given. */
export function aggregates(
  fields: readonly Field[],
  functions: readonly AggregateName[] = aggregateNames,
  { accepts }: Limits = {},
): fc.Arbitrary<Aggregate> {
  return choiceLists.map((choices) => {
    const draw = new Draw(fields, choices, accepts);
    return draw.aggregate(draw.oneOf(functions));
  });
}

/** All aggregates. */
export const aggregateNames: readonly AggregateName[] = [
  "rows",
  "count",
  "sum",
  "mean",
  "min",
  "max",
  "nUnique",
  "first",
  "last",
  "any",
  "all",
  "std",
  "var",
  "median",
  "quantile",
  "approxNUnique",
  "approxQuantile",
];

/** Each number is one choice; after the last one the plainest is taken, so lists shrink well. */
const choiceLists = fc.array(fc.nat({ max: 9_999 }), { maxLength: 80, size: "max" });

const numericTypes = orderableTypes.filter(isNumeric);
const textTypes = [d.utf8, d.dictionary];
const dayUnits = ["year", "quarter", "month", "week", "day"];
const patterns: readonly (readonly [source: string, flags: string | null])[] = [
  ["a", null],
  ["", null],
  [".", null],
  ["b,", null],
  ["[a-c]+", ""],
  ["A", "i"],
  ["^.", "u"],
  ["(.)(.)", ""],
  ["\\d+|$", ""],
  ["(?<x>b|😀)", "u"],
];
const replacements = ["", "x", "$&$&", "$1", "$$", "$<x>", "😀"];

class Draw {
  readonly #fields: readonly Field[];
  readonly #choices: readonly number[];
  readonly #accepts: Limits["accepts"];
  #at = 0;

  constructor(fields: readonly Field[], choices: readonly number[], accepts: Limits["accepts"]) {
    this.#fields = fields;
    this.#choices = choices;
    this.#accepts = accepts;
  }

  oneOf<T>(all: readonly T[]): T {
    const choice = this.#choices[this.#at++] ?? 0;
    return all[choice % all.length] as T;
  }

  typed(dtype: DType, depth: number): Typed {
    const isDone = this.#at >= this.#choices.length || depth === 0;
    const makers = isDone ? [] : this.#makers(dtype, depth - 1);
    const leaf = (): Typed => this.#leaf(dtype, depth);
    const node = this.oneOf([leaf, ...makers, leaf])();
    return this.#accepts?.(node) === false ? leaf() : node;
  }

  aggregate(fn: AggregateName): Aggregate {
    const of = (
      types: readonly DType[],
      result: (arg: DType) => DType,
      params: readonly number[] = [],
    ): Aggregate => {
      const arg = this.typed(this.oneOf(types), 2);
      return { fn, arg, params, dtype: result(arg.dtype) };
    };
    switch (fn) {
      case "rows":
        return { fn, arg: undefined, params: [], dtype: d.int64 };
      case "count":
        return of([...orderableTypes, d.list(d.utf8)], () => d.int64);
      case "nUnique":
      case "approxNUnique":
        return of(orderableTypes, () => d.int64);
      case "sum":
        return of([...numericTypes, d.bool], sumType);
      case "mean":
        return of([...numericTypes, d.bool], () => d.float64);
      case "std":
      case "var":
      case "median":
        return of(numericTypes, () => d.float64);
      case "quantile":
      case "approxQuantile":
        return of(numericTypes, () => d.float64, [this.oneOf([0.5, 0, 1, 0.25, 0.9, 0.999])]);
      case "any":
      case "all":
        return of([d.bool], () => d.bool);
      case "min":
      case "max":
        return of(orderableTypes, (dtype) => dtype);
      case "first":
      case "last":
        return of([...orderableTypes, d.list(d.utf8)], (dtype) => dtype);
    }
  }

  #leaf(dtype: DType, depth: number): Typed {
    const columns = this.#fields.filter((field) => sameDType(field.dtype, dtype));
    if (dtype.kind === "list" && columns.length === 0) {
      if (depth <= 0) return literalNode(null, dtype);
      return this.#split(depth - 1);
    }
    const literal = (): Typed => literalNode(this.#scalar(dtype), dtype);
    const column =
      ({ name }: Field): (() => Typed) =>
      () =>
        columnNode(name, dtype);
    return this.oneOf([...columns.map(column), literal])();
  }

  #scalar(dtype: DType): Scalar {
    const isNull = dtype.kind === "list" || dtype.kind === "struct";
    return isNull ? null : this.oneOf([...oddValues(dtype), null]);
  }

  /** Ways to make a value of a dtype out of others. */
  #makers(dtype: DType, depth: number): readonly (() => Typed)[] {
    const own = this.#ownMakers(dtype, depth);
    const same = (): Typed => this.typed(dtype, depth);
    const makers = [
      ...own,
      () => {
        const count = this.oneOf([1, 2]);
        const pair = (): readonly [Typed, Typed] => [this.typed(d.bool, depth), same()];
        return caseNode(Array.from({ length: count }, pair), same());
      },
      () => callNode("coalesce", Array.from({ length: this.oneOf([2, 3]) }, same), dtype),
    ];
    const sources = orderableTypes.filter((from) => castable(from, dtype));
    if (sources.length === 0) return makers;
    const cast = (): Typed =>
      castNode(this.typed(this.oneOf(sources), depth), dtype, this.oneOf([false, true]));
    return [...makers, cast];
  }

  #ownMakers(dtype: DType, depth: number): readonly (() => Typed)[] {
    const call =
      (fn: FunctionName, types: readonly DType[], params: () => readonly Scalar[] = noParams) =>
      (): Typed => {
        const args = types.map((type) => this.typed(type, depth));
        return callNode(fn, args, dtype, params());
      };
    const round = call("round", [dtype], () => [this.oneOf([0, 1, 2, 5])]);
    const unary = [call("neg", [dtype]), call("abs", [dtype]), round];
    const edges = [call("floor", [dtype]), call("ceil", [dtype])];
    const calculations = (["add", "sub", "mul", "mod"] as const).map((fn) =>
      call(fn, [dtype, dtype]),
    );
    switch (dtype.kind) {
      case "bool":
        return this.#truths(depth);
      case "float64":
        return [
          ...calculations,
          ...unary,
          ...edges,
          call("div", [dtype, dtype]),
          call("pow", [dtype, dtype]),
          ...(["sqrt", "exp", "log"] as const).map((fn) => call(fn, [dtype])),
        ];
      case "decimal": {
        const sides = orderableTypes.flatMap((a) =>
          orderableTypes
            .filter((b) => scaleOf(a) + scaleOf(b) === dtype.scale)
            .map((b) => [a, b] as const),
        );
        const product = (): Typed => call("mul", this.oneOf(sides))();
        if (dtype.precision < 18) return [...unary, ...edges];
        const sums = calculations.filter((_, i) => i !== 2);
        return [...sums, ...(sides.length === 0 ? [] : [product]), ...unary, ...edges];
      }
      case "int32":
        return [...calculations, ...unary, ...edges, ...this.#counts(depth)];
      case "int8":
      case "int16":
      case "int64":
      case "uint8":
      case "uint16":
      case "uint32":
      case "uint64":
      case "float32":
        return [...calculations, ...unary, ...edges];
      case "utf8":
        return this.#texts(depth);
      case "date":
        return [call("truncate", [dtype], () => [this.oneOf(dayUnits)])];
      case "timestamp": {
        const units = [...dayUnits, "hour", "minute", "second"];
        return [call("truncate", [dtype], () => [this.oneOf(units)])];
      }
      case "list":
        return dtype.item === d.utf8 ? [() => this.#split(depth)] : [];
      case "dictionary":
      case "struct":
        return [];
    }
  }

  #truths(depth: number): readonly (() => Typed)[] {
    const binary =
      (fn: FunctionName) =>
      (type: DType): Typed =>
        callNode(
          fn,
          [this.typed(type, depth), this.typed(this.oneOf(likeOf(type)), depth)],
          d.bool,
        );
    const comparisons = (["eq", "neq", "lt", "lte", "gt", "gte"] as const).map(
      (fn) => () => binary(fn)(this.oneOf(orderableTypes)),
    );
    const ofTypes =
      (
        fn: FunctionName,
        types: readonly DType[],
        params: (type: DType) => readonly Scalar[] = noParams,
      ) =>
      (): Typed => {
        const type = this.oneOf(types);
        return callNode(fn, [this.typed(type, depth)], d.bool, params(type));
      };
    const among = (type: DType): readonly Scalar[] =>
      Array.from({ length: this.oneOf([1, 0, 2, 5, 12]) }, () => this.oneOf(oddValues(type)));
    return [
      ...comparisons,
      ofTypes("isIn", orderableTypes, among),
      () => binary("and")(d.bool),
      () => binary("or")(d.bool),
      ofTypes("not", [d.bool]),
      ofTypes("isNull", [...orderableTypes, d.list(d.utf8)]),
      ofTypes("isNotNull", orderableTypes),
      ofTypes("contains", textTypes, () => this.oneOf(patterns)),
      ofTypes("matches", textTypes, () => {
        const [source, flags] = this.oneOf(patterns);
        return [new RegExp(source, flags ?? "").source, flags ?? ""];
      }),
      ofTypes("startsWith", textTypes, () => [this.oneOf(["a", "", "the ", "😀"])]),
      ofTypes("endsWith", textTypes, () => [this.oneOf(["a", "", "more", "9Z"])]),
    ];
  }

  #counts(depth: number): readonly (() => Typed)[] {
    const days = orderableTypes.filter((t) => t.kind === "date" || t.kind === "timestamp");
    const clocks = days.filter((type) => type.kind === "timestamp");
    const of = (fn: FunctionName, types: readonly DType[]) => (): Typed =>
      callNode(fn, [this.typed(this.oneOf(types), depth)], d.int32);
    return [
      of("length", textTypes),
      ...(["year", "month", "day", "weekday"] as const).map((fn) => of(fn, days)),
      ...(["hour", "minute", "second"] as const).map((fn) => of(fn, clocks)),
    ];
  }

  #texts(depth: number): readonly (() => Typed)[] {
    const of =
      (fn: FunctionName, params: () => readonly Scalar[] = noParams) =>
      (): Typed =>
        callNode(fn, [this.typed(this.oneOf(textTypes), depth)], d.utf8, params());
    const places = [0, 1, 2, -1, -3, 100];
    const full = patterns.filter(([source]) => source !== "");
    return [
      of("lower"),
      of("upper"),
      of("trim"),
      of("slice", () => [this.oneOf(places), this.oneOf([null, ...places])]),
      of("replace", () => [...this.oneOf(patterns), this.oneOf(replacements)]),
      of("replaceAll", () => [...this.oneOf(full), this.oneOf(replacements)]),
    ];
  }

  #split(depth: number): Typed {
    const text = this.typed(this.oneOf(textTypes), depth);
    return callNode("split", [text], d.list(d.utf8), this.oneOf(patterns));
  }
}

function noParams(): readonly Scalar[] {
  return [];
}

function scaleOf(dtype: DType): number {
  return dtype.kind === "decimal" ? dtype.scale : Number.NaN;
}

/** Dtypes that a dtype is compared with as they are: texts of both forms, times of one unit. */
function likeOf(dtype: DType): readonly DType[] {
  if (isText(dtype)) return textTypes;
  if (dtype.kind !== "timestamp") return [dtype];
  return orderableTypes.filter((type) => type.kind === "timestamp" && type.unit === dtype.unit);
}

function sumType(dtype: DType): DType {
  if (isFloat(dtype)) return d.float64;
  if (dtype.kind === "decimal") return d.decimal(18, dtype.scale);
  return dtype.kind.startsWith("uint64") ? d.uint64 : d.int64;
}

/** Whether there is a cast between two dtypes that differ. */
export function castable(from: DType, to: DType): boolean {
  if (sameDType(from, to)) return false;
  const isNumber = (dtype: DType): boolean => isNumeric(dtype) || dtype.kind === "bool";
  const isTime = (dtype: DType): boolean => dtype.kind === "date" || dtype.kind === "timestamp";
  const isScalar = (dtype: DType): boolean => isNumber(dtype) || isTime(dtype) || isText(dtype);
  if (isText(from) || isText(to)) return isScalar(from) && isScalar(to);
  if (isNumber(from) && isNumber(to)) return true;
  if (isTime(from)) return isTime(to) || isInteger(to);
  return isInteger(from) && isTime(to);
}
