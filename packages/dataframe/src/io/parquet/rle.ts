import { badLayout } from "../../arrow/arrow-type.ts";
import type { DataFrameError } from "../../errors.ts";

/** What codes stand for, and whether that is two words of 32 bits each. */
export interface CodeMap {
  readonly words: Int32Array;
  readonly size: number;
  readonly wide: boolean;
}

/**
 * Reads `count` codes of `bits` bits, and writes what they stand for to rows of `out` from `at` on.
 * Codes are runs of one, or packed densely by eights (Parquet's RLE / bit-packing hybrid).
 */
export function readCoded(
  bytes: Uint8Array,
  bits: number,
  map: CodeMap,
  out: Int32Array,
  at: number,
  count: number,
): void {
  let p = 0;
  const end = at + count;
  for (let i = at; i < end;) {
    const head = readVarint(bytes, p);
    p += varintSize(head);
    const length = head >>> 1;
    if (length === 0) throw badLayout("a run has no values");
    if ((head & 1) === 0) {
      let code = 0;
      for (let shift = 0; shift < bits; shift += 8) code |= (bytes[p++] ?? 0) << shift;
      const last = Math.min(end, i + length);
      fill(code, map, out, i, last);
      i = last;
    } else {
      const values = Math.min(8 * length, end - i);
      // The last run may be cut where values end, though it counts by eights.
      if (p + Math.ceil((values * bits) / 8) > bytes.length)
        throw badLayout("a run ends too early");
      if (bits === 0) fill(0, map, out, i, i + values);
      else unpack(bytes, p, bits, map, out, i, values);
      p += length * bits;
      i += values;
    }
    if (p > bytes.length && i < end) throw badLayout("packed values end too early");
  }
}

function fill(code: number, map: CodeMap, out: Int32Array, from: number, to: number): void {
  if (!(code >= 0 && code < map.size)) throw unknownCode(map);
  if (!map.wide) {
    out.fill(map.words[code] as number, from, to);
    return;
  }
  const low = map.words[2 * code] as number;
  const high = map.words[2 * code + 1] as number;
  for (let i = 2 * from; i < 2 * to; i += 2) {
    out[i] = low;
    out[i + 1] = high;
  }
}

function unknownCode({ size }: CodeMap): DataFrameError {
  return badLayout(`a code is none of the ${size} of its dictionary`);
}

/** A number of at most 32 bits in pieces of 7. */
export function readVarint(bytes: Uint8Array, start: number): number {
  let value = 0;
  for (let i = 0; i < 5; i++) {
    const byte = bytes[start + i];
    if (byte === undefined) throw badLayout("packed values end too early");
    value |= (byte & 127) << (7 * i);
    if (byte < 128) return value >>> 0;
  }
  throw badLayout("a number has more than 32 bits");
}

/** Bytes that a number takes in pieces of 7 bits. */
export function varintSize(value: number): number {
  return value < 2 ** 7 ? 1 : value < 2 ** 14 ? 2 : value < 2 ** 21 ? 3 : value < 2 ** 28 ? 4 : 5;
}

/** Gives a negative number where a code was more than `last`. */
type Unpack = (
  bytes: Uint8Array,
  p: number,
  words: Int32Array,
  last: number,
  out: Int32Array,
  at: number,
  eights: number,
) => number;

const unpackers = new Map<number, Unpack>();

function unpack(
  bytes: Uint8Array,
  start: number,
  bits: number,
  map: CodeMap,
  out: Int32Array,
  at: number,
  count: number,
): void {
  const key = map.wide ? -bits : bits;
  let loop = unpackers.get(key);
  if (loop === undefined) unpackers.set(key, (loop = unpackerOf(bits, map.wide)));
  const eights = count >> 3;
  if (loop(bytes, start, map.words, map.size - 1, out, at, eights) < 0) throw unknownCode(map);
  for (let i = 8 * eights; i < count; i++) {
    fill(codeAt(bytes, 8 * start + i * bits, bits), map, out, at + i, at + i + 1);
  }
}

/** The code that begins at a bit; doubles are exact for the 40 bits that it may lie in. */
function codeAt(bytes: Uint8Array, first: number, bits: number): number {
  const byte = Math.floor(first / 8);
  const skip = first % 8;
  let value = 0;
  for (let i = 0; 8 * i < skip + bits; i++) value += (bytes[byte + i] as number) * 2 ** (8 * i);
  return Math.floor(value / 2 ** skip) % 2 ** bits;
}

/** Eight codes a turn, each from the bytes that it lies in: written out, since shifts are fixed. */
function unpackerOf(bits: number, wide: boolean): Unpack {
  const loads = Array.from({ length: bits }, (_, i) => `const b${i} = bytes[p + ${i}];`);
  const stores = Array.from({ length: 8 }, (_, i) => {
    const code = `c${i}`;
    const store = wide
      ? `out[2 * at + ${2 * i}] = words[2 * ${code}]; ` +
        `out[2 * at + ${2 * i + 1}] = words[2 * ${code} + 1];`
      : `out[at + ${i}] = words[${code}];`;
    const check = `bad |= (last - ${code}) | ${code};`;
    return `const ${code} = ${codeText(i * bits, bits)}; ${check} ${store}`;
  });
  const lines = [...loads, ...stores].join("\n      ");
  // oxlint-disable-next-line typescript/no-implied-eval -- text of our own, made of numbers alone
  return new Function(
    "bytes, p, words, last, out, at, eights",
    `let bad = 0;
    for (; eights > 0; eights--, p += ${bits}, at += 8) {
      ${lines}
    }
    return bad;`,
  ) as Unpack;
}

/** The code that begins at a bit of the bytes b0, b1 … */
function codeText(first: number, bits: number): string {
  const byte = first >> 3;
  const skip = first & 7;
  const parts: string[] = [];
  for (let i = 0; 8 * i < skip + bits; i++) {
    const shift = 8 * i - skip;
    parts.push(shift < 0 ? `(b${byte + i} >> ${-shift})` : `(b${byte + i} << ${shift})`);
  }
  const all = parts.join(" | ");
  return bits === 32 ? all : `(${all}) & ${2 ** bits - 1}`;
}
