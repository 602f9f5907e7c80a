import type { Block } from "../../column.ts";
import { makeBlock, makeColumn } from "../../column.ts";
import { float64 } from "../../dtype.ts";
import { ordinalName } from "../../kernels/group/ordinals.ts";
import { columnOf } from "../column-layout.ts";
import { MORSEL_ROWS } from "../run-morsel.ts";
import type { TotalsLoop } from "./totals-loop.ts";
import { MEMORY_BYTES } from "./vector-code.ts";
import type { VectorFunction } from "./vector-module.ts";
import { TURN_ROWS, vectorModule } from "./vector-module.ts";

/** What of it is used here: the compiler knows of it in browsers alone. */
declare const WebAssembly:
  | {
      readonly Memory: new (size: { readonly initial: number; readonly maximum: number }) => {
        readonly buffer: ArrayBuffer;
      };
      readonly Module: new (bytes: Uint8Array) => object;
      readonly Instance: new (
        module: object,
        imports: object,
      ) => { readonly exports: { readonly run: VectorFunction } };
      readonly validate: (bytes: Uint8Array) => boolean;
    }
  | undefined;

/** A loop that can be run on this thread. */
export interface LaneTotals {
  readonly loop: TotalsLoop;
  readonly run: VectorFunction;
}

type Engine = NonNullable<typeof WebAssembly>;
type Memory = InstanceType<Engine["Memory"]>;

/** The memory of this thread, which all loops use one after the other. */
let memory: Memory | undefined;

/** Whether the engine and the processor can do it. */
export function hasVectors(): boolean {
  const zero = { kind: "constant", to: "zero", bytes: new Uint8Array(16), shown: "0" } as const;
  const least = { heads: [zero], body: [], fault: undefined, totals: [] };
  return typeof WebAssembly !== "undefined" && WebAssembly.validate(vectorModule(least));
}

/** A loop made ready. */
export function startTotals(loop: TotalsLoop): LaneTotals {
  const { Memory, Module, Instance } = WebAssembly as Engine;
  const pages = MEMORY_BYTES / 2 ** 16;
  memory ??= new Memory({ initial: pages, maximum: pages });
  const { exports } = new Instance(new Module(loop.module), { env: { memory } });
  return { loop, run: exports.run };
}

/** What is done with rows, in their order. */
export interface TotalsTaker {
  /** Takes totals of rows, as a partial result of one group. */
  readonly merge: (partial: Block) => void;
  /** Takes the rows from one on, which lanes do not do. */
  readonly addRest: (from: number) => void;
}

/**
 * Totals of a partition without keys. Lanes leave the last rows to others, fewer than a turn, and
 * all from a morsel on in which something went wrong: that is an error, or a part that only some
 * rows need, which will go wrong again.
 */
export function runTotals(totals: LaneTotals, block: Block, { merge, addRest }: TotalsTaker): void {
  const { loop, run } = totals;
  const { buffer } = memory as Memory;
  new Uint8Array(buffer).set(loop.start);
  const end = block.rows - (block.rows % TURN_ROWS);
  let from = 0;
  while (from < end) {
    const to = Math.min(from + MORSEL_ROWS, end);
    copyRows(loop, buffer, block, from, to);
    if (run(to - from) === 0) break;
    from = to;
  }
  const partial = partialOf(loop, buffer);
  if (partial !== undefined) merge(partial);
  if (from < block.rows) addRest(from);
}

function copyRows(
  { columns }: TotalsLoop,
  buffer: ArrayBuffer,
  block: Block,
  from: number,
  to: number,
): void {
  for (const { name, address } of columns) {
    const values = columnOf(block, name).values as Float64Array;
    const Type = values.constructor as Float64ArrayConstructor;
    new Type(buffer, address, to - from).set(values.subarray(from, to));
  }
}

function partialOf({ passed, states }: TotalsLoop, buffer: ArrayBuffer): Block | undefined {
  const rows = passed(buffer);
  // Without rows totals mean nothing.
  if (rows === 0) return undefined;
  const columns = states.flatMap((read) => read(buffer, rows));
  const names = [ordinalName, ...columns.map((_, k) => `state:${k}`)];
  return makeBlock(1, names, [firstOrdinal, ...columns]);
}

const firstOrdinal = makeColumn(float64, 1, { values: new Float64Array(1) });
