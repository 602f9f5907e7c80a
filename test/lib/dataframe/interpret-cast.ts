import type { DType, TimeUnit } from "../../../packages/dataframe/dist/dtype.js";
import {
  isFloat,
  isInteger,
  isText,
  isWide,
} from "../../../packages/dataframe/dist/dtype-traits.js";
import type { Scalar } from "../../../packages/dataframe/dist/expr/typed.js";
import { stepsPerSecond } from "./interpret-time.ts";
import { divideRounding, fits, floorDivide } from "./interpret-values.ts";

type Present = Exclude<Scalar, null>;

/** A value as another dtype; undefined where it cannot be that. */
export function castValue(value: Present, from: DType, to: DType): Present | undefined {
  if (isText(to)) return toText(value, from);
  if (isText(from)) return parse(value as string, to);
  if (to.kind === "bool") return isFloat(from) ? value !== 0 : BigInt(value) !== 0n;
  if (isFloat(to)) {
    const scale = from.kind === "decimal" ? 10 ** from.scale : 1;
    const number = Number(value) / scale;
    return to.kind === "float32" ? Math.fround(number) : number;
  }
  if (isFloat(from)) {
    if (!Number.isFinite(value)) return undefined;
    if (to.kind !== "decimal") return held(BigInt(Math.trunc(value as number)), to);
    const scaled = Math.abs(value as number) * 10 ** to.scale;
    if (!Number.isFinite(scaled)) return undefined;
    const unscaled = BigInt(Math.round(scaled));
    return held((value as number) < 0 ? -unscaled : unscaled, to);
  }
  const exact = BigInt(value);
  if (to.kind === "timestamp") {
    const steps = stepsPerSecond[to.unit];
    if (from.kind === "date") return held(exact * 86_400n * steps, to);
    if (from.kind !== "timestamp") return held(exact, to);
    return held(floorDivide(exact * steps, stepsPerSecond[from.unit]), to);
  }
  if (to.kind === "date" && from.kind === "timestamp") {
    return held(floorDivide(exact, stepsPerSecond[from.unit] * 86_400n), to);
  }
  if (to.kind === "decimal") {
    return held(rescaled(exact, from.kind === "decimal" ? from.scale : 0, to.scale), to);
  }
  if (from.kind === "decimal") return held(exact / 10n ** BigInt(from.scale), to);
  return held(exact, to);
}

function held(value: bigint, dtype: DType): Present | undefined {
  if (!fits(value, dtype)) return undefined;
  return isWide(dtype) ? value : Number(value);
}

function rescaled(value: bigint, from: number, to: number): bigint {
  return to >= from
    ? value * 10n ** BigInt(to - from)
    : divideRounding(value, 10n ** BigInt(from - to));
}

function toText(value: Present, from: DType): string | undefined {
  switch (from.kind) {
    case "decimal": {
      const digits = String(value)
        .replace("-", "")
        .padStart(from.scale + 1, "0");
      const sign = (value as bigint) < 0n ? "-" : "";
      const whole = digits.slice(0, digits.length - from.scale);
      return from.scale === 0 ? sign + whole : `${sign}${whole}.${digits.slice(-from.scale)}`;
    }
    case "date":
      return isoText(BigInt(value) * 86_400n)?.split("T")[0];
    case "timestamp": {
      const steps = stepsPerSecond[from.unit];
      const second = floorDivide(value as bigint, steps);
      const fraction = (value as bigint) - second * steps;
      const digits = String(steps).length - 1;
      const tail = digits === 0 ? "" : `.${String(fraction).padStart(digits, "0")}`;
      return isoText(second)?.replace(".000Z", `${tail}Z`);
    }
    default:
      return String(value);
  }
}

function isoText(second: bigint): string | undefined {
  const time = new Date(Number(second) * 1_000);
  return Number.isNaN(time.getTime()) ? undefined : time.toISOString();
}

function parse(text: string, to: DType): Present | undefined {
  if (isInteger(to)) return /^[+-]?\d+$/.test(text) ? held(bigintOf(text), to) : undefined;
  if (isFloat(to)) {
    const form = /^[+-]?((\d+\.?\d*|\.\d+)([eE][+-]?\d+)?|Infinity)$|^NaN$/;
    if (!form.test(text)) return undefined;
    return to.kind === "float32" ? Math.fround(Number(text)) : Number(text);
  }
  switch (to.kind) {
    case "bool":
      return text === "true" ? true : text === "false" ? false : undefined;
    case "decimal": {
      const found = /^([+-]?)(?=\.?\d)(\d*)\.?(\d*)$/.exec(text);
      if (found === null) return undefined;
      const [, sign = "", whole = "", fraction = ""] = found;
      const value = rescaled(bigintOf(`${sign}${whole}${fraction}`), fraction.length, to.scale);
      return held(value, to);
    }
    case "date": {
      const seconds = /[T ]/.test(text) ? undefined : parseTime(text, "s");
      return seconds === undefined ? undefined : held(seconds / 86_400n, to);
    }
    case "timestamp": {
      const count = parseTime(text, to.unit);
      return count === undefined ? undefined : held(count, to);
    }
    default:
      throw new Error(`texts are never cast to ${to.kind}`);
  }
}

function bigintOf(digits: string): bigint {
  const value = BigInt(digits.replace(/^[+-]/, ""));
  return digits.startsWith("-") ? -value : value;
}

const dayForm = "(\\d{4}|[+-]\\d{6})-(\\d\\d)-(\\d\\d)";
const clockForm = "(\\d\\d):(\\d\\d)(?::(\\d\\d)(?:\\.(\\d{1,9}))?)?";
const momentForm = new RegExp(`^${dayForm}(?:[T ]${clockForm}(Z|[+-]\\d\\d:\\d\\d)?)?$`);

/** `2024-05-06`, `2024-05-06T07:08:09.123456Z`, `2024-05-06 07:08+02:00`, years also `+012024`. */
function parseTime(text: string, unit: TimeUnit): bigint | undefined {
  const found = momentForm.exec(text);
  if (found === null || found[1] === "-000000") return undefined;
  const numbers = found.slice(1, 7).map((part) => Number(part ?? 0));
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = numbers;
  const time = new Date(0);
  time.setUTCFullYear(year, month - 1, day);
  if (time.getUTCMonth() !== month - 1 || time.getUTCDate() !== day) return undefined;
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  time.setUTCHours(hour, minute, second);
  if (Number.isNaN(time.getTime())) return undefined;
  const zone = found[8] ?? "Z";
  const [ahead = 0, minutes = 0] = zone === "Z" ? [] : zone.slice(1).split(":").map(Number);
  if (ahead > 23 || minutes > 59) return undefined;
  const offset = (zone.startsWith("-") ? -1 : 1) * (ahead * 3_600 + minutes * 60);
  const nanoseconds = BigInt((found[7] ?? "").padEnd(9, "0"));
  const seconds = BigInt(time.getTime() / 1_000 - offset);
  return seconds * stepsPerSecond[unit] + (nanoseconds * stepsPerSecond[unit]) / 1_000_000_000n;
}
