import type { DType, FloatKind, IntegerKind, TimeUnit } from "../dtype.ts";
import { checkDType, decimal, timestamp, utf8 } from "../dtype.ts";
import { isInteger, isNumeric, isText, sameDType } from "../dtype-traits.ts";
import type { Constant } from "./ast.ts";
import { exactLiteral, literalType } from "./literal.ts";

/** Kinds of dtypes that one can calculate with. */
export type NumericKind = IntegerKind | FloatKind | "decimal";

/** The dtype of an argument, or the constant that has none of its own yet. */
export type Side = DType | Constant;

/**
 * The dtype that all sides can be taken as: constants adapt to what is beside them where it holds
 * them exactly. Undefined where there is none.
 */
export function commonType(sides: readonly Side[]): DType | undefined {
  const dtypes = sides.filter((side) => side.kind !== "value");
  const constants = sides.filter((side) => side.kind === "value").filter(isPresent);
  let all =
    dtypes.length > 0 ? fold(dtypes) : fold(constants.map(({ value }) => literalType(value)));
  if (all === undefined || dtypes.length === 0) return all;
  for (const { value } of constants) {
    if (value === null || exactLiteral(value, all) !== undefined) continue;
    const own = literalType(value);
    const both: DType | undefined = own === undefined ? undefined : mergeTypes(all, own);
    if (both === undefined) return undefined;
    all = both;
  }
  return all;
}

function isPresent({ value }: Constant): boolean {
  return value !== null;
}

function fold(dtypes: readonly (DType | undefined)[]): DType | undefined {
  return dtypes.reduce((a, b) =>
    a === undefined || b === undefined ? undefined : mergeTypes(a, b),
  );
}

function mergeTypes(a: DType, b: DType): DType | undefined {
  if (sameDType(a, b)) return a;
  if (isNumeric(a) && isNumeric(b)) return mergeNumbers(a, b);
  if (isText(a) && isText(b)) return utf8;
  if (a.kind === "timestamp") {
    if (b.kind === "date") return a;
    if (b.kind !== "timestamp") return undefined;
    const finer = units.indexOf(a.unit) > units.indexOf(b.unit) ? a.unit : b.unit;
    return timestamp(finer, a.timezone);
  }
  return b.kind === "timestamp" && a.kind === "date" ? b : undefined;
}

const units: readonly TimeUnit[] = ["s", "ms", "us", "ns"];

/** For each kind of number those that hold all its values (64 bits nearly, in a float64). */
export const holders = {
  int8: ["int8", "int16", "int32", "int64", "float32", "float64", "decimal"],
  uint8: [
    "uint8",
    "int16",
    "uint16",
    "int32",
    "uint32",
    "int64",
    "uint64",
    "float32",
    "float64",
    "decimal",
  ],
  int16: ["int16", "int32", "int64", "float32", "float64", "decimal"],
  uint16: ["uint16", "int32", "uint32", "int64", "uint64", "float32", "float64", "decimal"],
  int32: ["int32", "int64", "float64", "decimal"],
  uint32: ["uint32", "int64", "uint64", "float64", "decimal"],
  int64: ["int64", "float64", "decimal"],
  uint64: ["uint64", "float64", "decimal"],
  float32: ["float32", "float64"],
  float64: ["float64"],
  decimal: ["decimal", "float64"],
} as const;

/** The first of these that holds two kinds is their common one; the smallest come first. */
export const holdersInOrder = [
  "int8",
  "uint8",
  "int16",
  "uint16",
  "int32",
  "uint32",
  "int64",
  "uint64",
  "float32",
  "decimal",
  "float64",
] as const;

function mergeNumbers(a: DType, b: DType): DType | undefined {
  const ofA: readonly NumericKind[] = holders[a.kind as NumericKind];
  const ofB: readonly NumericKind[] = holders[b.kind as NumericKind];
  const kind = holdersInOrder.find((k) => ofA.includes(k) && ofB.includes(k));
  if (kind === undefined) return undefined;
  if (kind !== "decimal") return checkDType("common type", { kind });
  // No integer holds both an int64 and a uint64, and neither should become a decimal unasked.
  if (isInteger(a) && isInteger(b)) return undefined;
  return decimal(18, Math.max(scaleOf(a), scaleOf(b)));
}

/** Digits behind the point of an exact number. */
export function scaleOf(dtype: DType): number {
  return dtype.kind === "decimal" ? dtype.scale : 0;
}
