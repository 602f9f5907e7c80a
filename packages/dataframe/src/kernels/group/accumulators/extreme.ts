import type { Column, Values } from "../../../column.ts";
import { halvesOf, makeColumn, makeValues } from "../../../column.ts";
import type { DType } from "../../../dtype.ts";
import { integerBits, isFloat, isInteger, isWide } from "../../../dtype-traits.ts";
import { arrayOf, readHigh } from "../../reads.ts";
import type { Rows } from "../../row-loop.ts";
import { rowLoop } from "../../row-loop.ts";
import { grown, trimmed } from "../grown.ts";
import type { Accumulator } from "./accumulator.ts";
import { Seen } from "./seen.ts";

/** Which end of an order. */
export type End = "min" | "max";

/** Least or greatest values of groups, of numbers, dates and truth; NaN is the greatest of all. */
export class Extreme implements Accumulator {
  readonly width = 1;
  readonly #dtype: DType;
  readonly #end: End;
  /** Values that any other one replaces, until there is one. */
  #values: Values;
  #ready = 0;
  readonly #seen = new Seen();

  constructor(dtype: DType, end: End) {
    this.#dtype = dtype;
    this.#end = end;
    this.#values = makeValues(dtype, 0);
  }

  add(arg: Column, selection: Rows, n: number, groups: Int32Array, count: number): void {
    this.#reserve(count);
    const { dtype, valid } = arg;
    const end = this.#end;
    const loop = rowLoop<[Values]>(`${end}_${dtype.kind}`, valid, selection, () => ({
      params: "best",
      body: replaceText(dtype, end),
    }));
    const best = isWide(dtype) ? halvesOf(this.#values) : this.#values;
    loop(arrayOf(arg), valid, selection, n, groups, best);
    this.#seen.note(valid, selection, n, groups, count);
  }

  state(count: number): Column[] {
    return [this.result(count)];
  }

  merge([best]: readonly Column[], n: number, groups: Int32Array, count: number): void {
    this.add(best as Column, undefined, n, groups, count);
  }

  result(count: number): Column {
    this.#reserve(count);
    const values = trimmed(this.#values, count);
    return makeColumn(this.#dtype, count, { values, valid: this.#seen.valid(count) });
  }

  #reserve(count: number): void {
    if (count <= this.#ready) return;
    this.#values = grown(this.#values, count);
    const worst = worstOf(this.#dtype, this.#end);
    (this.#values as Float64Array).fill(worst as number, this.#ready);
    this.#ready = this.#values.length;
  }
}

function replaceText(dtype: DType, end: End): string {
  const sign = end === "min" ? "<" : ">";
  if (isFloat(dtype)) {
    const isNaN = end === "min" ? "best[g] !== best[g]" : "v !== v";
    return `const v = x[i]; if (v ${sign} best[g] || ${isNaN}) best[g] = v;`;
  }
  if (!isWide(dtype)) return `const v = x[i]; if (v ${sign} best[g]) best[g] = v;`;
  const bestHigh = dtype.kind === "uint64" ? "(best[2 * g + 1] >>> 0)" : "best[2 * g + 1]";
  return `const high = ${readHigh(dtype)}, than = ${bestHigh};
    if (high ${sign} than || (high === than && (x[2 * i] >>> 0) ${sign} (best[2 * g] >>> 0))) {
      best[2 * g] = x[2 * i];
      best[2 * g + 1] = x[2 * i + 1];
    }`;
}

/** The value that every other one beats. */
function worstOf(dtype: DType, end: End): number | bigint {
  if (isFloat(dtype)) return end === "min" ? NaN : -Infinity;
  if (dtype.kind === "bool") return end === "min" ? 1 : 0;
  const bits = isInteger(dtype) ? integerBits[dtype.kind] : isWide(dtype) ? 64 : 32;
  const isUnsigned = dtype.kind.startsWith("u");
  const worst =
    end === "min"
      ? 2n ** BigInt(isUnsigned ? bits : bits - 1) - 1n
      : isUnsigned
        ? 0n
        : -(2n ** BigInt(bits - 1));
  return bits === 64 ? worst : Number(worst);
}
