import type { Cells } from "./parse-numbers.ts";
import { BAD, NULL, textOf } from "./parse-numbers.ts";

const MINUS = 45;
const PLUS = 43;

/** Whole numbers of 64 bits: as doubles while 15 digits are enough, else as bigints. */
export function parseWideIntegers(
  { bytes, starts, ends, count, states }: Cells,
  out: BigInt64Array | BigUint64Array,
  min: bigint,
  max: bigint,
): number {
  const halves = new Int32Array(out.buffer, out.byteOffset, 2 * count);
  const signed = min < 0n;
  let bad = 0;
  for (let i = 0; i < count; i++) {
    if (states[i] === NULL) continue;
    const start = starts[i] as number;
    const end = ends[i] as number;
    const first = bytes[start];
    let at = first === MINUS || first === PLUS ? start + 1 : start;
    const digits = end - at;
    let value = 0;
    for (; at < end; at++) {
      const digit = (bytes[at] as number) - 48;
      if (digit < 0 || digit > 9) break;
      value = value * 10 + digit;
    }
    if (at === end && digits > 0 && digits <= 15 && (signed || first !== MINUS)) {
      setHalves(halves, i, first === MINUS ? -value : value);
      continue;
    }
    const slow = wholeOf(textOf(bytes, start, end), min, max);
    if (slow === undefined) {
      states[i] = BAD;
      bad++;
    } else out[i] = slow;
  }
  return bad;
}

/** Stores a safe integer in 64 bits, low half first. */
export function setHalves(halves: Int32Array, i: number, value: number): void {
  halves[2 * i] = value;
  halves[2 * i + 1] = Math.floor(value / 0x1_0000_0000);
}

function wholeOf(text: string, min: bigint, max: bigint): bigint | undefined {
  if (!/^[+-]?\d+$/.test(text)) return undefined;
  const value = BigInt(text.replace("+", ""));
  return value < min || value > max ? undefined : value;
}

/** Decimals, unscaled; digits behind the point that the dtype has no room for must be zeros. */
export function parseDecimals(
  { bytes, starts, ends, count, states }: Cells,
  out: BigInt64Array,
  precision: number,
  scale: number,
  point: number,
): number {
  const halves = new Int32Array(out.buffer, out.byteOffset, 2 * count);
  let bad = 0;
  for (let i = 0; i < count; i++) {
    if (states[i] === NULL) continue;
    const start = starts[i] as number;
    const end = ends[i] as number;
    const first = bytes[start];
    let at = first === MINUS || first === PLUS ? start + 1 : start;
    const digits = at;
    let value = 0;
    let pointAt = -1;
    for (; at < end; at++) {
      const byte = bytes[at] as number;
      const digit = byte - 48;
      if (digit >= 0 && digit <= 9) value = value * 10 + digit;
      else if (byte === point && pointAt < 0) pointAt = at;
      else break;
    }
    const behind = pointAt < 0 ? 0 : at - pointAt - 1;
    const digitCount = at - digits - (pointAt < 0 ? 0 : 1);
    const added = scale - behind;
    const whole = digitCount - behind;
    const fits = whole <= precision - scale && digitCount + added <= 15;
    if (at === end && digitCount > 0 && added >= 0 && fits) {
      value *= 10 ** added;
      setHalves(halves, i, first === MINUS ? -value : value);
      continue;
    }
    const slow = decimalOf(textOf(bytes, start, end), precision, scale, point);
    if (slow === undefined) {
      states[i] = BAD;
      bad++;
    } else out[i] = slow;
  }
  return bad;
}

export function decimalOf(
  text: string,
  precision: number,
  scale: number,
  point: number,
): bigint | undefined {
  const plain =
    point === 46 ? text : text.replace(".", "?").replace(String.fromCharCode(point), ".");
  const [, sign, whole = "", behind = ""] = /^([+-]?)(\d*)(?:\.(\d*))?$/.exec(plain) ?? [];
  if (whole === "" && behind === "") return undefined;
  if (/[^0]/.test(behind.slice(scale))) return undefined;
  const digits = `${whole}${behind.slice(0, scale).padEnd(scale, "0")}`.replace(/^0+/, "");
  if (digits.length > precision) return undefined;
  const value = BigInt(digits);
  return sign === "-" ? -value : value;
}
