import type { Column } from "../../column.ts";
import { makeColumn, makeValues } from "../../column.ts";
import type { DType } from "../../dtype.ts";
import { int32 } from "../../dtype.ts";
import { isFloat, isText, isWide } from "../../dtype-traits.ts";
import { arrayOf } from "../reads.ts";
import type { Rows } from "../row-loop.ts";
import { rowLoop } from "../row-loop.ts";
import type { Grouper } from "./grouper.ts";
import { grown } from "./grown.ts";
import { rangeLoop } from "./number-loops.ts";
import { NumberGrouper } from "./number-grouper.ts";

/**
 * Groups rows by several whole numbers of up to 32 bits: as long as their ranges together fit into
 * 32 bits, a row is one number, and one look into a table finds its group. Where they do not, the
 * groups that there are move to a grouper that pairs numbers, which takes all rows from then on.
 */
export class PackedGrouper implements Grouper {
  readonly #dtypes: readonly DType[];
  readonly #makeOther: () => Grouper;
  /** Which grouper is in charge: of packed numbers, or the other one. */
  #packed: NumberGrouper | undefined = new NumberGrouper(int32);
  #other: Grouper | undefined;
  /** Ranges of what was met by column: least, greatest, and whether all are whole. */
  readonly #ranges: readonly Float64Array[];
  #layout: readonly Digit[] = [];
  #codes: Int32Array = new Int32Array(0);

  constructor(dtypes: readonly DType[], makeOther: () => Grouper) {
    this.#dtypes = dtypes;
    this.#makeOther = makeOther;
    this.#ranges = dtypes.map(() => Float64Array.of(Infinity, -Infinity, 1));
  }

  get count(): number {
    return (this.#packed ?? (this.#other as Grouper)).count;
  }

  assign(keys: readonly Column[], selection: Rows, n: number, groups: Int32Array): void {
    const packed = this.#fit(keys, selection, n);
    if (packed === undefined) {
      (this.#other as Grouper).assign(keys, selection, n, groups);
      return;
    }
    const codes = this.#pack(keys, selection, n);
    packed.assign([makeColumn(int32, n, { values: codes })], undefined, n, groups);
  }

  keys(): Column[] {
    const packed = this.#packed;
    if (packed === undefined) return (this.#other as Grouper).keys();
    const [codes] = packed.keys() as [Column];
    return this.#dtypes.map((dtype, k) => unpack(codes, this.#layout[k] ?? noDigit, dtype));
  }

  /** The grouper of packed numbers, made ready for rows; none where they do not fit. */
  #fit(keys: readonly Column[], selection: Rows, n: number): NumberGrouper | undefined {
    const packed = this.#packed;
    if (packed === undefined) return undefined;
    let fits = this.#layout.length > 0;
    for (const [k, key] of keys.entries()) {
      const range = this.#ranges[k] as Float64Array;
      rangeLoop(key.dtype, key.valid, selection)(arrayOf(key), key.valid, selection, n, range);
      fits &&= holds(this.#layout[k] as Digit, range);
    }
    if (fits) return packed;
    const groups = packed.count === 0 ? [] : this.keys();
    this.#packed = undefined;
    const layout = layoutOf(this.#ranges);
    const next = layout === undefined ? this.#makeOther() : new NumberGrouper(int32);
    if (layout === undefined) this.#other = next;
    else {
      this.#layout = layout;
      this.#packed = next as NumberGrouper;
    }
    if (groups.length > 0) this.#refill(groups);
    return this.#packed;
  }

  /** Groups are met in the order of their numbers, so that each gets its own again. */
  #refill(groups: readonly Column[]): void {
    const { length } = groups[0] as Column;
    const numbers = new Int32Array(length);
    if (this.#other !== undefined) this.#other.assign(groups, undefined, length, numbers);
    else {
      const values = this.#pack(groups, undefined, length);
      this.#packed?.assign([makeColumn(int32, length, { values })], undefined, length, numbers);
    }
  }

  /** Rows as one number each: the digits of the columns beside each other. */
  #pack(keys: readonly Column[], selection: Rows, n: number): Int32Array {
    this.#codes = grown(this.#codes, n);
    const codes = this.#codes;
    codes.fill(0, 0, n);
    for (const [k, key] of keys.entries()) {
      const { shift, least } = this.#layout[k] as Digit;
      const loop = rowLoop<[number, number]>(
        `pack_${key.dtype.kind}`,
        key.valid,
        selection,
        // Of null the digit is 0.
        () => ({ params: "shift, least", body: "groups[k] = g | ((x[i] - least + 1) << shift);" }),
      );
      loop(arrayOf(key), key.valid, selection, n, codes, shift, least);
    }
    return codes;
  }
}

/** Whether rows of such dtypes can be packed. */
export function canBePacked(dtypes: readonly DType[]): boolean {
  const isNarrow = (dtype: DType): boolean =>
    !isText(dtype) &&
    !isFloat(dtype) &&
    !isWide(dtype) &&
    dtype.kind !== "list" &&
    dtype.kind !== "struct";
  return dtypes.length > 1 && dtypes.every(isNarrow);
}

/** Where a column stands in a packed number: 0 for null, else 1 + the distance from `least`. */
interface Digit {
  readonly shift: number;
  readonly bits: number;
  readonly least: number;
}

/** Of a column of which nothing was met. */
const noDigit: Digit = { shift: 0, bits: 1, least: 0 };

const packedBits = 32;

function holds({ bits, least }: Digit, [min = 0, max = 0]: Float64Array): boolean {
  return max < min || (min >= least && max - least < 2 ** bits - 1);
}

/**
 * Digits for ranges, each in the middle of what its bits hold: ranges grow while rows come.
 * Undefined where the bits are not enough.
 */
function layoutOf(ranges: readonly Float64Array[]): Digit[] | undefined {
  const needed = ranges.map(([min = 0, max = 0]) => {
    return max < min ? 1 : Math.ceil(Math.log2(max - min + 2));
  });
  if (needed.reduce((sum, bits) => sum + bits, 0) > packedBits) return undefined;
  let shift = 0;
  return ranges.map(([min = 0, max = 0], k) => {
    const bits = needed[k] as number;
    const room = max < min ? 0 : 2 ** bits - 1 - (max - min + 1);
    const digit = { shift, bits, least: (max < min ? 0 : min) - (room >>> 1) };
    shift += bits;
    return digit;
  });
}

function unpack({ length, values }: Column, { shift, bits, least }: Digit, dtype: DType): Column {
  const codes = values as Int32Array;
  const mask = 2 ** bits - 1;
  const out = makeValues(dtype, length) as Int32Array;
  let nulls = 0;
  for (let g = 0; g < length; g++) {
    const digit = ((codes[g] as number) >>> shift) & mask;
    if (digit === 0) nulls++;
    else out[g] = digit - 1 + least;
  }
  if (nulls === 0) return makeColumn(dtype, length, { values: out });
  const valid = new Uint8Array(length);
  for (let g = 0; g < length; g++) {
    valid[g] = (((codes[g] as number) >>> shift) & mask) === 0 ? 0 : 1;
  }
  return makeColumn(dtype, length, { values: out, valid });
}
