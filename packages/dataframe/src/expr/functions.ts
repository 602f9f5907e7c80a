import type { DType } from "../dtype.ts";
import { bool, decimal, float64, int32, int64, list, uint64, utf8 } from "../dtype.ts";
import { isFloat, isInteger, isNumeric, isText } from "../dtype-traits.ts";
import type { Side } from "./common-type.ts";
import { commonType, scaleOf } from "./common-type.ts";
import { literalType, scaleOf as scaleOfLiteral } from "./literal.ts";
import type { AggregateName, FunctionName, Scalar } from "./typed.ts";

/** The dtypes that arguments are cast to, and the one of the result. */
export interface Signature {
  readonly args: readonly DType[];
  readonly result: DType;
}

/** What a function takes, in words for messages, and what it makes of it. */
export interface FunctionRule {
  readonly wanted: string;
  readonly type: (sides: readonly Side[], params: readonly Scalar[]) => Signature | undefined;
}

const calculation: FunctionRule = {
  wanted: "two numbers that have a common dtype",
  type: (sides) => {
    const common = commonType(sides);
    if (common === undefined || !isNumeric(common)) return undefined;
    const dtype = common.kind === "decimal" ? decimal(18, common.scale) : common;
    return { args: sides.map(() => dtype), result: dtype };
  },
};

const product: FunctionRule = {
  wanted: "two numbers, decimals with at most 18 digits behind the point in all",
  type: (sides, params) => {
    if (commonType(sides)?.kind !== "decimal") return calculation.type(sides, params);
    const args = sides.map(asFactor);
    const scale = args.reduce((sum, dtype) => sum + scaleOf(dtype), 0);
    return scale <= 18 ? { args, result: decimal(18, scale) } : undefined;
  },
};

/** A factor keeps its own scale, so that a price times 2 has no more digits than the price. */
function asFactor(side: Side): DType {
  if (side.kind === "decimal") return side;
  return decimal(18, side.kind === "value" ? (scaleOfLiteral(side.value) ?? 0) : 0);
}

const floatFunction: FunctionRule = {
  wanted: "numbers",
  type: (sides) =>
    sides.every((side) => isNumericSide(side))
      ? { args: sides.map(() => float64), result: float64 }
      : undefined,
};

const number = ofOne("a number", isNumeric, (dtype) => dtype);

const comparison: FunctionRule = {
  wanted: "two values that can be compared: numbers, texts, bools, or dates and timestamps",
  type: (sides) => {
    const common = commonType(sides);
    if (common === undefined || !isOrderable(common)) return undefined;
    return { args: sides.map((side) => (isLike(side, common) ? side : common)), result: bool };
  },
};

/** Whether a value compares with those of a dtype as it is stored. */
function isLike(side: Side, dtype: DType): side is DType {
  if (side.kind === "timestamp") return dtype.kind === "timestamp" && side.unit === dtype.unit;
  return side.kind !== "value" && isText(side) && isText(dtype);
}

const truth: FunctionRule = {
  wanted: "truth values",
  type: (sides) =>
    commonType(sides)?.kind === "bool" ? { args: sides.map(() => bool), result: bool } : undefined,
};

const nullTest = ofOne(
  "a value",
  () => true,
  () => bool,
);

const choice: FunctionRule = {
  wanted: "values that have a common dtype",
  type: (sides) => {
    const common = commonType(sides);
    return common === undefined ? undefined : { args: sides.map(() => common), result: common };
  },
};

const textTest = ofOne("a text", isText, () => bool);
const textChange = ofOne("a text", isText, () => utf8);
const dayPart = ofOne("a date or timestamp", isTime, () => int32);
const clockPart = ofOne(
  "a timestamp",
  ({ kind }) => kind === "timestamp",
  () => int32,
);

/**
 * Each function of a row. In a checked expression the arguments have just the dtypes that stand
 * here: both sides of a calculation that of the result, but factors of decimals their own;
 * arguments of div, pow, sqrt, exp and log float64; sides of a comparison one dtype, but texts of
 * either dtype and timestamps of one unit in any zone. All arguments are worked out, but coalesce
 * stops at the first that is not null and case looks at the branch that it takes alone.
 */
export const functionRules: Readonly<Record<FunctionName, FunctionRule>> = {
  add: calculation,
  sub: calculation,
  mul: product,
  div: floatFunction,
  mod: calculation,
  neg: number,
  abs: number,
  floor: number,
  ceil: number,
  round: number,
  pow: floatFunction,
  sqrt: floatFunction,
  exp: floatFunction,
  log: floatFunction,
  eq: comparison,
  neq: comparison,
  lt: comparison,
  lte: comparison,
  gt: comparison,
  gte: comparison,
  isIn: comparison,
  and: truth,
  or: truth,
  not: truth,
  isNull: nullTest,
  isNotNull: nullTest,
  coalesce: choice,
  contains: textTest,
  startsWith: textTest,
  endsWith: textTest,
  matches: textTest,
  length: ofOne("a text", isText, () => int32),
  lower: textChange,
  upper: textChange,
  trim: textChange,
  slice: textChange,
  replace: textChange,
  replaceAll: textChange,
  split: ofOne("a text", isText, () => list(utf8)),
  year: dayPart,
  month: dayPart,
  day: dayPart,
  hour: clockPart,
  minute: clockPart,
  second: clockPart,
  weekday: dayPart,
  truncate: {
    wanted: "a timestamp, or a date and one of its units: year, quarter, month, week, day",
    type: (sides, [unit]) => {
      const dtype = typeOf(sides[0]);
      const isClock = unit === "hour" || unit === "minute" || unit === "second";
      if (dtype === undefined || !isTime(dtype)) return undefined;
      return isClock && dtype.kind === "date" ? undefined : { args: [dtype], result: dtype };
    },
  },
};

function ofOne(
  wanted: string,
  takes: (dtype: DType) => boolean,
  gives: (dtype: DType) => DType,
): FunctionRule {
  const type: FunctionRule["type"] = ([side]) => {
    const dtype = typeOf(side);
    if (dtype === undefined || !takes(dtype)) return undefined;
    return { args: [dtype], result: gives(dtype) };
  };
  return { wanted, type };
}

function typeOf(side: Side | undefined): DType | undefined {
  return side?.kind === "value" ? literalType(side.value) : side;
}

function isNumericSide(side: Side): boolean {
  const dtype = typeOf(side);
  return dtype === undefined ? side.kind === "value" && side.value === null : isNumeric(dtype);
}

function isTime(dtype: DType): boolean {
  return dtype.kind === "date" || dtype.kind === "timestamp";
}

function isScalar(dtype: DType): boolean {
  return dtype.kind !== "list" && dtype.kind !== "struct";
}

/** Whether values of a dtype have an order: all but lists and structs. */
export const isOrderable: (dtype: DType) => boolean = isScalar;

/**
 * Whether values of a dtype can be cast to another one: numbers and truth values among each other,
 * dates and timestamps among each other and with whole numbers, which count their days and units,
 * and all of them with texts. Dates and texts are in UTC here, whatever the zone of a timestamp.
 */
export function isCastable(from: DType, to: DType): boolean {
  if (isText(from) || isText(to)) return isScalar(from) && isScalar(to);
  if (isTime(from)) return isTime(to) || isInteger(to);
  if (isTime(to)) return isInteger(from);
  const isNumber = (dtype: DType): boolean => isNumeric(dtype) || dtype.kind === "bool";
  return isNumber(from) && isNumber(to);
}

/** What an aggregate takes, in words for messages, and the dtype of what it gives. */
export interface AggregateRule {
  readonly wanted: string;
  readonly type: (arg: DType) => DType | undefined;
}

const counting: AggregateRule = { wanted: "any values", type: () => int64 };
const picking: AggregateRule = { wanted: "any values", type: (arg) => arg };
const moment = aggregateOf("numbers", isNumeric, () => float64);
const distinct = aggregateOf("no lists and no structs", isOrderable, () => int64);
const extreme = aggregateOf("values that have an order", isOrderable, (arg) => arg);
const test = aggregateOf(
  "truth values",
  ({ kind }) => kind === "bool",
  (arg) => arg,
);

/** Each function of the rows of a group; `rows` has no argument. */
export const aggregateRules: Readonly<Record<AggregateName, AggregateRule>> = {
  rows: counting,
  count: counting,
  sum: aggregateOf("numbers or truth values", isNumberOrBool, sumType),
  mean: aggregateOf("numbers or truth values", isNumberOrBool, () => float64),
  min: extreme,
  max: extreme,
  nUnique: distinct,
  first: picking,
  last: picking,
  any: test,
  all: test,
  std: moment,
  var: moment,
  median: moment,
  quantile: moment,
  approxNUnique: distinct,
  approxQuantile: moment,
};

function aggregateOf(
  wanted: string,
  takes: (dtype: DType) => boolean,
  gives: (dtype: DType) => DType,
): AggregateRule {
  return { wanted, type: (arg) => (takes(arg) ? gives(arg) : undefined) };
}

function isNumberOrBool(dtype: DType): boolean {
  return isNumeric(dtype) || dtype.kind === "bool";
}

function sumType(dtype: DType): DType {
  if (isFloat(dtype)) return float64;
  if (dtype.kind === "decimal") return decimal(18, dtype.scale);
  return dtype.kind === "uint64" ? uint64 : int64;
}
