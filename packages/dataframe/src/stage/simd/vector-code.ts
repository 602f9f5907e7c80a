import type { Typed } from "../../expr/typed.ts";
import { MORSEL_ROWS } from "../run-morsel.ts";
import { Slots } from "../slots.ts";
import type { Vector } from "./lanes.ts";
import type { Place, Step, VectorOp } from "./vector-module.ts";

/** A column that is copied into memory before a loop runs. */
export interface CopiedColumn {
  readonly name: string;
  readonly address: number;
  readonly width: Place["width"];
}

/** Bytes of the memory of a thread: totals stand in the first ones, columns behind them. */
export const MEMORY_BYTES: number = 2 ** 20;
const TOTALS_BYTES = 2 ** 12;

/** The steps of one vector loop while it is written. Equal steps are written once. */
export class VectorCode {
  readonly heads: Step[] = [];
  readonly body: Step[] = [];
  readonly columns: Map<string, CopiedColumn> = new Map();
  /** Variables that are kept from turn to turn, and where. */
  readonly totals: { readonly name: string; readonly address: number }[] = [];
  /** Bytes of the totals of no rows. */
  readonly starts: Uint8Array[] = [];
  /** Nodes that are worked out. */
  readonly values: Map<Typed, Vector> = new Map();
  /** The mask of what went wrong, once something may. */
  fault: string | undefined;
  readonly #names = new Slots();
  readonly #made = new Map<string, string>();
  #end = TOTALS_BYTES;

  /** A variable for what an instruction makes of others. */
  op(op: VectorOp, args: readonly string[], picks: readonly number[] = []): string {
    return this.#once(`${op} ${args.join(" ")} ${picks.join(" ")}`, () => {
      const to = this.#names.name(op.replaceAll(/^.*\.|_.*$/g, ""));
      this.body.push({ kind: "op", to, op, args, picks });
      return to;
    });
  }

  /** A variable for 16 bytes that are the same in all turns. */
  constant(values: ArrayLike<number> & ArrayBufferView, hint: string): string {
    const bytes = new Uint8Array(values.buffer, values.byteOffset, 16);
    return this.#once(`constant ${bytes.join(" ")}`, () => {
      const to = this.#names.name(hint);
      const shown = `${values.constructor.name}(${Array.from(values).join(", ")})`;
      this.heads.push({ kind: "constant", to, bytes, shown });
      return to;
    });
  }

  /** A variable for values of a column, from row `skip` of the turn on. */
  load(op: VectorOp, name: string, width: Place["width"], skip = 0): string {
    return this.#once(`load ${op} ${skip} ${name}`, () => {
      const { address } = this.#place(name, width);
      const to = this.#names.name(name);
      const shown = `${to.replace(/_\d+$/, "")}[row${skip === 0 ? "" : ` + ${skip}`}]`;
      const from = { address: address + skip * width, width, shown };
      this.body.push({ kind: "load", to, op, from });
      return to;
    });
  }

  /** A variable that goes on from memory, where it begins with some 16 bytes, and back there. */
  total(hint: string, start: ArrayBufferView): { readonly name: string; readonly address: number } {
    const total = { name: this.#names.name(hint), address: 16 * this.totals.length };
    this.totals.push(total);
    this.starts.push(new Uint8Array(start.buffer, start.byteOffset, 16));
    return total;
  }

  /** Gives a variable of {@link total} a new value. */
  update(to: string, op: VectorOp, args: readonly string[]): void {
    this.body.push({ kind: "op", to, op, args, picks: [] });
  }

  /** Notes lanes in which something went wrong, among those that count. */
  fail(mask: string, among: string | undefined): void {
    const wrong = among === undefined ? mask : this.op("v128.and", [mask, among]);
    if (this.fault === undefined) {
      this.fault = this.#names.name("fault");
      const none = this.constant(new Int32Array(4), "none");
      this.heads.push({ kind: "op", to: this.fault, op: "v128.or", args: [none, none], picks: [] });
    }
    this.update(this.fault, "v128.or", [this.fault, wrong]);
  }

  /** Whether all that is needed has its place in memory. */
  get fits(): boolean {
    return this.#end <= MEMORY_BYTES && 16 * this.totals.length <= TOTALS_BYTES;
  }

  #place(name: string, width: Place["width"]): CopiedColumn {
    let column = this.columns.get(name);
    if (column === undefined) {
      column = { name, address: this.#end, width };
      this.columns.set(name, column);
      this.#end += width * MORSEL_ROWS;
    }
    return column;
  }

  #once(key: string, make: () => string): string {
    let name = this.#made.get(key);
    if (name === undefined) {
      name = make();
      this.#made.set(key, name);
    }
    return name;
  }
}
