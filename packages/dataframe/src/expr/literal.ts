import type { DType, TimeUnit } from "../dtype.ts";
import { bool, float64, int64, timestamp, uint64, utf8 } from "../dtype.ts";
import { integerBits, isInteger, isWide } from "../dtype-traits.ts";
import type { Native } from "./ast.ts";
import type { Scalar } from "./typed.ts";

/** The dtype that a constant has when nothing is beside it; none for null. */
export function literalType(value: Native): DType | undefined {
  if (value === null) return undefined;
  if (value instanceof Date) return timestamp("ms");
  if (typeof value === "number") return float64;
  if (typeof value === "string") return utf8;
  if (typeof value === "boolean") return bool;
  return [int64, uint64].find((dtype) => holds(value, dtype));
}

/** Whether something is a constant: a plain value that columns can hold. */
export function isNative(value: unknown): value is Native {
  if (value instanceof Date) return !Number.isNaN(value.getTime());
  return value === null || ["number", "bigint", "string", "boolean"].includes(typeof value);
}

/** A constant as a column of the dtype stores it; undefined where it would not be exactly that. */
export function exactLiteral(value: Exclude<Native, null>, dtype: DType): Scalar | undefined {
  switch (dtype.kind) {
    case "utf8":
    case "dictionary":
      return typeof value === "string" ? wellFormed(value) : undefined;
    case "bool":
      return typeof value === "boolean" ? value : undefined;
    case "float64":
      return exactFloat(value, Number);
    case "float32":
      return exactFloat(value, Math.fround);
    case "int8":
    case "int16":
    case "int32":
    case "int64":
    case "uint8":
    case "uint16":
    case "uint32":
    case "uint64":
      return exactInteger(value, dtype);
    case "decimal":
      return exactDecimal(value, dtype.precision, dtype.scale);
    case "date": {
      if (!(value instanceof Date)) return undefined;
      const days = value.getTime() / DAY_MS;
      return Number.isInteger(days) ? days : undefined;
    }
    case "timestamp":
      return value instanceof Date ? exactTime(value.getTime(), dtype.unit) : undefined;
    case "list":
    case "struct":
      return undefined;
  }
}

/** The digits that an exact number needs behind the point; undefined for what is no such number. */
export function scaleOf(value: Native): number | undefined {
  const form = typeof value === "object" ? null : decimalForm.exec(String(value));
  return form === null ? undefined : (form[3] ?? "").replace(/0+$/, "").length;
}

const DAY_MS = 86_400_000;

/** Steps of a timestamp in a second. */
export const stepsPerSecond: Readonly<Record<TimeUnit, number>> = {
  s: 1,
  ms: 1_000,
  us: 1_000_000,
  ns: 1_000_000_000,
};

function holds(value: bigint, dtype: DType): boolean {
  if (!isInteger(dtype)) return false;
  const bits = integerBits[dtype.kind];
  const isUnsigned = dtype.kind.startsWith("uint");
  return (isUnsigned ? BigInt.asUintN(bits, value) : BigInt.asIntN(bits, value)) === value;
}

function exactInteger(value: Exclude<Native, null>, dtype: DType): Scalar | undefined {
  const exact = typeof value === "number" && Number.isInteger(value) ? BigInt(value) : value;
  if (typeof exact !== "bigint" || !holds(exact, dtype)) return undefined;
  return isWide(dtype) ? exact : Number(exact);
}

function exactFloat(
  value: Exclude<Native, null>,
  round: (value: number) => number,
): number | undefined {
  if (typeof value === "number") return Object.is(round(value), value) ? value : undefined;
  if (typeof value !== "bigint") return undefined;
  const near = round(Number(value));
  return Number.isFinite(near) && BigInt(near) === value ? near : undefined;
}

const decimalForm = /^(-?)(\d+)(?:\.(\d+))?$/;

function exactDecimal(
  value: Exclude<Native, null>,
  precision: number,
  scale: number,
): bigint | undefined {
  const isDigits = typeof value === "number" || typeof value === "bigint";
  const form = isDigits || typeof value === "string" ? decimalForm.exec(String(value)) : null;
  if (form === null) return undefined;
  const [, sign = "", whole = "", given = ""] = form;
  const fraction = given.replace(/0+$/, "");
  if (fraction.length > scale) return undefined;
  const magnitude = BigInt(whole + fraction.padEnd(scale, "0"));
  if (magnitude >= 10n ** BigInt(precision)) return undefined;
  return sign === "" ? magnitude : -magnitude;
}

function exactTime(ms: number, unit: TimeUnit): bigint | undefined {
  const steps = stepsPerSecond[unit];
  if (steps < 1_000) return ms % 1_000 === 0 ? BigInt(ms / 1_000) : undefined;
  const count = BigInt(ms) * BigInt(steps / 1_000);
  return holds(count, int64) ? count : undefined;
}

/** Columns hold UTF-8, which has no halves of a pair: they become U+FFFD as everywhere. */
function wellFormed(text: string): string {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(new TextEncoder().encode(text));
}
