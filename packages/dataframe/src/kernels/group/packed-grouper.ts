import type { Column } from "../../column.ts";
import { makeColumn } from "../../column.ts";
import type { DType } from "../../dtype.ts";
import { int32 } from "../../dtype.ts";
import type { Rows } from "../row-loop.ts";
import type { Grouper } from "./grouper.ts";
import { grown } from "./grown.ts";
import { NumberGrouper } from "./number-grouper.ts";
import type { Packing, Range } from "./packing.ts";
import { holds, noRanges, packRows, packingFor, unpackRows, widenRanges } from "./packing.ts";

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
  /** Ranges of what was met by column. */
  readonly #ranges: readonly Range[];
  #packing: Packing = [];
  #codes: Int32Array = new Int32Array(0);

  constructor(dtypes: readonly DType[], makeOther: () => Grouper) {
    this.#dtypes = dtypes;
    this.#makeOther = makeOther;
    this.#ranges = noRanges(dtypes.length);
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
    return unpackRows(this.#packing, codes.values as Int32Array, this.#dtypes);
  }

  /** The grouper of packed numbers, made ready for rows; none where they do not fit. */
  #fit(keys: readonly Column[], selection: Rows, n: number): NumberGrouper | undefined {
    const packed = this.#packed;
    if (packed === undefined) return undefined;
    widenRanges(this.#ranges, keys, selection, n);
    if (this.#packing.length > 0 && holds(this.#packing, this.#ranges)) return packed;
    const groups = packed.count === 0 ? [] : this.keys();
    this.#packed = undefined;
    const packing = packingFor(this.#ranges);
    const next = packing === undefined ? this.#makeOther() : new NumberGrouper(int32);
    if (packing === undefined) this.#other = next;
    else {
      this.#packing = packing;
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

  #pack(keys: readonly Column[], selection: Rows, n: number): Int32Array {
    this.#codes = grown(this.#codes, n);
    packRows(this.#packing, keys, selection, n, this.#codes);
    return this.#codes;
  }
}
