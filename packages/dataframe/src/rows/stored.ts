import type { DType } from "../dtype.ts";
import { dtypeText, integerBits } from "../dtype-traits.ts";
import { dataFault } from "../errors.ts";
import type { DataFrameError } from "../errors.ts";
import { quoteValue } from "@millrace/graph/tasks";

/** Steps of a timestamp in a millisecond, or the other way round. */
export const stepsPerMs: Readonly<Record<"us" | "ns", bigint>> = { us: 1_000n, ns: 1_000_000n };

const DAY_MS = 86_400_000;

/** A value of JavaScript as its column stores it; lists and structs are no single values. */
export function storedOf(dtype: DType, value: unknown): string | number | bigint | boolean {
  switch (dtype.kind) {
    case "int8":
    case "int16":
    case "int32":
    case "int64":
    case "uint8":
    case "uint16":
    case "uint32":
    case "uint64":
      return storedInteger(dtype.kind, value);
    case "float64":
      if (typeof value === "number") return value;
      break;
    case "float32":
      if (typeof value === "number") return Math.fround(value);
      break;
    case "bool":
      if (typeof value === "boolean") return value;
      break;
    case "utf8":
    case "dictionary":
      if (typeof value === "string") return value;
      break;
    case "date":
      if (value instanceof Date && !Number.isNaN(value.getTime())) {
        return Math.floor(value.getTime() / DAY_MS);
      }
      break;
    case "timestamp":
      if (value instanceof Date && !Number.isNaN(value.getTime())) {
        return stampOf(value.getTime(), dtype.unit);
      }
      break;
    case "decimal":
      return unscaledOf(dtype.precision, dtype.scale, value);
    case "list":
    case "struct":
      break;
  }
  throw unfit(dtype, value);
}

function storedInteger(kind: keyof typeof integerBits, value: unknown): number | bigint {
  const isSigned = kind.startsWith("i");
  const bits = integerBits[kind];
  const isWhole =
    typeof value === "bigint" || (typeof value === "number" && Number.isSafeInteger(value));
  if (isWhole) {
    const [low, high] = isSigned
      ? [-(2n ** BigInt(bits - 1)), 2n ** BigInt(bits - 1)]
      : [0n, 2n ** BigInt(bits)];
    if (value >= low && value < high) return bits === 64 ? BigInt(value) : Number(value);
  }
  throw unfit({ kind }, value);
}

function stampOf(ms: number, unit: "s" | "ms" | "us" | "ns"): bigint {
  if (unit === "s") return BigInt(Math.floor(ms / 1_000));
  const whole = BigInt(Math.floor(ms));
  const stamp = unit === "ms" ? whole : whole * stepsPerMs[unit];
  if (BigInt.asIntN(64, stamp) === stamp) return stamp;
  throw unfit({ kind: "timestamp", unit, timezone: undefined }, new Date(ms));
}

/** A decimal times 10 to its scale; digits beyond the scale must be zeros. */
function unscaledOf(precision: number, scale: number, value: unknown): bigint {
  const text = typeof value === "number" && Number.isFinite(value) ? plainNumber(value) : value;
  const isText = typeof text === "string" || typeof text === "bigint";
  const [, sign = "", whole = "", part = ""] =
    (isText && /^([+-]?)(\d+)(?:\.(\d*))?$/.exec(String(text))) || [];
  const rest = part.slice(scale);
  if (whole !== "" && /^0*$/.test(rest)) {
    const digits = BigInt(whole + part.slice(0, scale).padEnd(scale, "0"));
    if (digits < 10n ** BigInt(precision)) return sign === "-" ? -digits : digits;
  }
  throw unfit({ kind: "decimal", precision, scale }, value);
}

/** A number without an exponent. */
function plainNumber(value: number): string {
  const text = String(value);
  return text.includes("e") ? value.toFixed(20).replace(/0+$/, "") : text;
}

/** A value that a column does not hold. */
export function unfit(dtype: DType, value: unknown): DataFrameError {
  const wanted = `${dtypeText(dtype)}, ${wantedValues(dtype)}`;
  return dataFault("dataframe/type-mismatch", `got ${quoteValue(value)}, wanted ${wanted}`);
}

function wantedValues(dtype: DType): string {
  switch (dtype.kind) {
    case "int64":
    case "uint64":
      return "a bigint or a safe whole number in its range, or null";
    case "int8":
    case "int16":
    case "int32":
    case "uint8":
    case "uint16":
    case "uint32":
      return "a whole number in its range, or null";
    case "float32":
    case "float64":
      return "a number or null";
    case "bool":
      return "true, false or null";
    case "utf8":
    case "dictionary":
      return "a string or null";
    case "date":
    case "timestamp":
      return "a valid Date or null";
    case "decimal":
      return "a text of digits, a number or a bigint with as many digits, or null";
    case "list":
      return "an array or null";
    case "struct":
      return "an object or null";
  }
}
