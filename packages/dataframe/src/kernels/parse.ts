import type { DType, TimeUnit } from "../dtype.ts";
import { parseDay, parseMoment } from "./time/iso.ts";

/** A value as its column stores it, undefined for a text that means none. */
export type Parser = (text: string) => number | bigint | undefined;

/** Reads texts as values of a dtype: whole numbers of 64 bits as bigints. */
export function parserOf(dtype: DType): Parser {
  switch (dtype.kind) {
    case "int8":
      return (text) => smallInteger(text, -128, 127);
    case "int16":
      return (text) => smallInteger(text, -32_768, 32_767);
    case "int32":
      return (text) => smallInteger(text, -2_147_483_648, 2_147_483_647);
    case "uint8":
      return (text) => smallInteger(text, 0, 255);
    case "uint16":
      return (text) => smallInteger(text, 0, 65_535);
    case "uint32":
      return (text) => smallInteger(text, 0, 4_294_967_295);
    case "int64":
      return (text) => largeInteger(text, -(2n ** 63n), 2n ** 63n - 1n);
    case "uint64":
      return (text) => largeInteger(text, 0n, 2n ** 64n - 1n);
    case "float32":
    case "float64":
      return parseFloat64;
    case "bool":
      return (text) => (text === "true" ? 1 : text === "false" ? 0 : undefined);
    case "date":
      return parseDay;
    case "timestamp": {
      const { unit } = dtype;
      return (text) => parseSteps(text, unit);
    }
    case "decimal": {
      const { precision, scale } = dtype;
      return (text) => parseDecimal(text, precision, scale);
    }
    case "utf8":
    case "dictionary":
    case "list":
    case "struct":
      throw new Error(`a ${dtype.kind} is not parsed`);
  }
}

const integer = /^[+-]?\d+$/;
const float = /^[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|Infinity)$|^NaN$/;
const decimal = /^([+-]?)(?=\.?\d)(\d*)\.?(\d*)$/;

function smallInteger(text: string, min: number, max: number): number | undefined {
  if (!integer.test(text)) return undefined;
  const value = Number(text) + 0;
  return value >= min && value <= max ? value : undefined;
}

function largeInteger(text: string, min: bigint, max: bigint): bigint | undefined {
  if (!integer.test(text)) return undefined;
  const value = BigInt(text.startsWith("+") ? text.slice(1) : text);
  return value >= min && value <= max ? value : undefined;
}

function parseFloat64(text: string): number | undefined {
  return float.test(text) ? Number(text) : undefined;
}

function parseSteps(text: string, unit: TimeUnit): bigint | undefined {
  const moment = parseMoment(text);
  if (moment === undefined) return undefined;
  const steps = { s: 1n, ms: 1_000n, us: 1_000_000n, ns: 1_000_000_000n }[unit];
  const rest = (BigInt(moment.nanosecond) * steps) / 1_000_000_000n;
  const count = BigInt(moment.second) * steps + rest;
  return BigInt.asIntN(64, count) === count ? count : undefined;
}

/** Digits that the dtype has no room for are rounded, half away from zero. */
function parseDecimal(text: string, precision: number, scale: number): bigint | undefined {
  const found = decimal.exec(text);
  if (found === null) return undefined;
  const [, sign = "", whole = "", fraction = ""] = found;
  const kept = BigInt(`${whole}${fraction.slice(0, scale).padEnd(scale, "0")}` || "0");
  const magnitude = kept + (fraction.charCodeAt(scale) >= 53 ? 1n : 0n);
  if (magnitude >= 10n ** BigInt(precision)) return undefined;
  return sign === "-" ? -magnitude : magnitude;
}

/** A decimal as people write it, with all digits of its scale. */
export function decimalText(unscaled: number | bigint, scale: number): string {
  const digits = String(unscaled)
    .replace("-", "")
    .padStart(scale + 1, "0");
  const at = digits.length - scale;
  return `${unscaled < 0 ? "-" : ""}${digits.slice(0, at)}.${digits.slice(at)}`;
}
