import type { Block, Column } from "../../column.ts";
import { makeBlock } from "../../column.ts";
import type { Field } from "../../dtype.ts";
import { int32 } from "../../dtype.ts";
import type { Packing, Range } from "./packing.ts";
import { canBePacked, noRanges, packingFor, unpackRows, widenRanges } from "./packing.ts";

/**
 * How keys of all parts of a shuffle are one number of `bits` bits each. The numbers are mixed, one
 * to one: those of a bucket lie between two bounds, and buckets get much the same share of them.
 */
export interface PackedKeys {
  readonly packing: Packing;
  readonly bits: number;
}

/** Ranges of the keys of blocks; none where keys cannot be packed. */
export function keyRanges(blocks: readonly Block[], keys: readonly Field[]): readonly Range[] {
  if (!canBePacked(keys.map(({ dtype }) => dtype))) return [];
  const ranges = noRanges(keys.length);
  for (const { rows, columns } of blocks) {
    widenRanges(ranges, columns.slice(0, keys.length), undefined, rows);
  }
  return ranges;
}

/** The ranges of keys of all, given those of some each. */
export function joinRanges(parts: readonly (readonly Range[])[]): readonly Range[] {
  const [first = []] = parts;
  return first.map((_, k) => {
    const ranges = parts.map((part) => part[k] as Range);
    const least = Math.min(...ranges.map(([min = 0]) => min));
    const greatest = Math.max(...ranges.map(([, max = 0]) => max));
    return Float64Array.of(least, greatest, 1);
  });
}

/** How keys of such ranges are packed; undefined where they cannot be. */
export function packedKeys(ranges: readonly Range[]): PackedKeys | undefined {
  const packing = ranges.length === 0 ? undefined : packingFor(ranges);
  return packing && { packing, bits: packing.reduce((sum, { bits }) => sum + bits, 0) };
}

const prefix = "packed:";

/** The name of the column of packed keys, which says how they are read. */
export function packedName(packed: PackedKeys): string {
  return prefix + JSON.stringify(packed);
}

/** What the first column of a block was packed by; undefined where it is a key as it is. */
export function packedIn({ names }: Block): PackedKeys | undefined {
  const [first = ""] = names;
  return first.startsWith(prefix)
    ? (JSON.parse(first.slice(prefix.length)) as PackedKeys)
    : undefined;
}

/** What stands for packed keys in a table of groups. */
export function packedField(keys: readonly Field[]): Field {
  return { name: JSON.stringify(keys.map(({ name }) => name)), dtype: int32 };
}

/** A block with the keys in the place of column `at`, which has them packed and is written over. */
export function withKeys(
  block: Block,
  at: number,
  keys: readonly Field[],
  packed: PackedKeys,
): Block {
  const { rows, names, columns } = block;
  const codes = (columns[at] as Column).values as Int32Array;
  unmix(codes, packed.bits);
  const unpacked = unpackRows(
    packed.packing,
    codes,
    keys.map(({ dtype }) => dtype),
  );
  return makeBlock(
    rows,
    [...names.slice(0, at), ...keys.map(({ name }) => name), ...names.slice(at + 1)],
    [...columns.slice(0, at), ...unpacked, ...columns.slice(at + 1)],
  );
}

/** Odd factors, which have an inverse: multipliers of a hash, "Prospecting for Hash Functions". */
const [factor, otherFactor] = [0x7feb352d, 0x9e3779b1];

/** Mixes packed numbers in place, and finds the bucket of each among `count` of equal width. */
export function mixInto(
  codes: Int32Array,
  { bits }: PackedKeys,
  count: number,
  buckets: Int32Array,
): void {
  const [mask, half] = [maskOf(bits), (bits + 1) >>> 1];
  const scale = count / 2 ** bits;
  for (let i = 0; i < buckets.length; i++) {
    let code = Math.imul(codes[i] as number, factor) & mask;
    code ^= code >>> half;
    code = Math.imul(code, otherFactor) & mask;
    codes[i] = code;
    buckets[i] = (code >>> 0) * scale;
  }
}

/** Undoes what {@link mixInto} has done to numbers, in place. */
function unmix(codes: Int32Array, bits: number): void {
  const [mask, half] = [maskOf(bits), (bits + 1) >>> 1];
  const [back, otherBack] = [inverseOf(factor), inverseOf(otherFactor)];
  for (let i = 0; i < codes.length; i++) {
    let code = Math.imul(codes[i] as number, otherBack) & mask;
    // Half of the bits or more were moved down, so that doing it again undoes it.
    code ^= code >>> half;
    codes[i] = Math.imul(code, back) & mask;
  }
}

function maskOf(bits: number): number {
  return bits === 32 ? -1 : 2 ** bits - 1;
}

/** The inverse of an odd number modulo 2 ** 32, by Newton's method. */
function inverseOf(odd: number): number {
  let inverse = odd;
  for (let step = 0; step < 5; step++) inverse = Math.imul(inverse, 2 - Math.imul(odd, inverse));
  return inverse;
}
