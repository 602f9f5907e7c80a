/** Where the fields of one column are, and which of them have a value. */
export interface Cells {
  readonly bytes: Uint8Array;
  /** Of the first byte of each field, and of the one behind the last. */
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  readonly count: number;
  /** One a field: {@link NULL}, {@link VALID}, or {@link BAD}, which parsers set. */
  readonly states: Uint8Array;
}

export const NULL = 0;
export const VALID = 1;
export const BAD = 2;

const PLUS = 43;
const MINUS = 45;

/** Whole numbers of at most 32 bits; gives the count of bad ones, as all parsers do. */
export function parseIntegers(
  { bytes, starts, ends, count, states }: Cells,
  out: Float64Array,
  min: number,
  max: number,
): number {
  let bad = 0;
  for (let i = 0; i < count; i++) {
    if (states[i] === NULL) {
      out[i] = 0;
      continue;
    }
    let at = starts[i] as number;
    const end = ends[i] as number;
    const first = bytes[at];
    if (first === MINUS || first === PLUS) at++;
    let value = 0;
    let fine = at < end;
    for (; at < end; at++) {
      const digit = (bytes[at] as number) - 48;
      if (digit < 0 || digit > 9) fine = false;
      value = value * 10 + digit;
    }
    if (first === MINUS) value = 0 - value;
    if (fine && value >= min && value <= max) out[i] = value;
    else {
      states[i] = BAD;
      out[i] = 0;
      bad++;
    }
  }
  return bad;
}

const powersOf10 = Float64Array.from({ length: 23 }, (_, i) => Number(`1e${i}`));

/**
 * Floating-point numbers, the same as `Number()`: up to 2^53 and a power of ten up to 22 are both
 * exact, so that one division rounds once; everything else goes to `Number()` itself.
 */
export function parseFloats(cells: Cells, out: Float64Array, point: number): number {
  const { bytes, starts, ends, count, states } = cells;
  let bad = 0;
  for (let i = 0; i < count; i++) {
    if (states[i] === NULL) {
      out[i] = 0;
      continue;
    }
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
    const scale = pointAt < 0 ? 0 : at - pointAt - 1;
    const digitCount = at - digits - (pointAt < 0 ? 0 : 1);
    if (at === end && digitCount > 0 && digitCount <= 15) {
      value /= powersOf10[scale] as number;
      out[i] = first === MINUS ? -value : value;
      continue;
    }
    const slow = floatOf(textOf(bytes, start, end), point);
    if (slow === undefined) {
      states[i] = BAD;
      out[i] = 0;
      bad++;
    } else out[i] = slow;
  }
  return bad;
}

/** The text of a field whose bytes are ASCII, or it is no number. */
export function textOf(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString("latin1");
}

const floatText = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;
const specialText = /^([+-]?)(nan|inf|infinity)$/i;

/** A number as files write it. */
export function floatOf(text: string, point: number): number | undefined {
  if (point !== 46 && text.includes(".")) return undefined;
  const plain = point === 46 ? text : text.replace(String.fromCharCode(point), ".");
  if (floatText.test(plain)) return Number(plain);
  const [, sign, name = ""] = specialText.exec(plain) ?? [];
  if (name === "") return undefined;
  if (name.toLowerCase() === "nan") return Number.NaN;
  return sign === "-" ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
}

const words: readonly (readonly [text: string, value: number])[] = [
  ["true", 1],
  ["false", 0],
  ["True", 1],
  ["False", 0],
  ["TRUE", 1],
  ["FALSE", 0],
  ["1", 1],
  ["0", 0],
];

/** What a bool is written as. */
export const boolTexts: ReadonlyMap<string, number> = new Map(words);

/** true and false, as JavaScript, Python and R write them, and 1 and 0. */
export function parseBools(
  { bytes, starts, ends, count, states }: Cells,
  out: Float64Array,
): number {
  let bad = 0;
  for (let i = 0; i < count; i++) {
    out[i] = 0;
    if (states[i] === NULL) continue;
    const start = starts[i] as number;
    const value = boolAt(bytes, start, ends[i] as number);
    if (value === undefined) {
      states[i] = BAD;
      bad++;
    } else out[i] = value;
  }
  return bad;
}

const t = 116;
const rue = 0x65_75_72;
const f = 102;
const alse = 0x65_73_6c_61;

function boolAt(bytes: Uint8Array, start: number, end: number): number | undefined {
  const first = bytes[start];
  if (end - start === 4 && first === t && threeAt(bytes, start + 1) === rue) return 1;
  if (end - start === 5 && first === f) {
    const three = threeAt(bytes, start + 1);
    if ((three | ((bytes[start + 4] as number) << 24)) === alse) return 0;
  }
  return boolTexts.get(textOf(bytes, start, Math.min(end, start + 6)));
}

/** Three bytes as a number. */
function threeAt(bytes: Uint8Array, at: number): number {
  const low = (bytes[at] as number) | ((bytes[at + 1] as number) << 8);
  return low | ((bytes[at + 2] as number) << 16);
}
