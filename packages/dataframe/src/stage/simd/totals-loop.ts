import type { Column } from "../../column.ts";
import { makeColumn, makeValues } from "../../column.ts";
import type { DType } from "../../dtype.ts";
import { float64, int64 } from "../../dtype.ts";
import type { AggregateName } from "../../expr/typed.ts";
import type { AggregateSpec } from "../../kernels/group/aggregate-spec.ts";
import type { ColumnLayout } from "../column-layout.ts";
import type { Stage } from "../stage.ts";
import { asFloats, asNumbers, masksFor } from "./convert-lanes.ts";
import { canVectorize, emitVector } from "./emit-vector.ts";
import type { Vector } from "./lanes.ts";
import type { CopiedColumn } from "./vector-code.ts";
import { VectorCode } from "./vector-code.ts";
import { vectorModule, vectorText } from "./vector-module.ts";
import { splat } from "./whole-lanes.ts";

/** Columns of a partial result: the state of one aggregate, from totals that are in memory. */
type ReadState = (memory: ArrayBuffer, rows: number) => readonly Column[];

/** Totals of all rows that pass a filter, as a vector loop. */
export interface TotalsLoop {
  readonly module: Uint8Array;
  readonly text: readonly string[];
  /** What is copied into memory for some rows. */
  readonly columns: readonly CopiedColumn[];
  /** What is in memory, from its first byte on, before there were rows. */
  readonly start: Uint8Array;
  /** How many rows have passed. */
  readonly passed: (memory: ArrayBuffer) => number;
  readonly states: readonly ReadState[];
}

/**
 * The loop for aggregates without keys, whose arguments are the outputs of a stage in order.
 * Undefined where one of them, or the filter, cannot be worked out in lanes with the same result.
 */
export function compileTotals(
  { filter, outputs }: Stage,
  aggregates: readonly AggregateSpec[],
  layouts: ReadonlyMap<string, ColumnLayout>,
): TotalsLoop | undefined {
  const args = outputs.map(({ value }) => value);
  const roots = filter === undefined ? args : [filter, ...args];
  if (!aggregates.every(({ fn }) => fn in writers) || !canVectorize(roots, layouts)) {
    return undefined;
  }
  const code = new VectorCode();
  const pass = filter && (emitVector(code, filter, undefined).parts[0] as string);
  const count = code.total("passed", new Int32Array(4));
  code.update(count.name, "i32x4.sub", [count.name, pass ?? splat(code, -1)]);
  let next = 0;
  const states = aggregates.map((spec) => {
    const node = spec.arg === undefined ? undefined : args[next++];
    const write: WriteTotals = writers[spec.fn as keyof typeof writers];
    return write(code, (node && emitVector(code, node, pass)) as Vector, pass, spec);
  });
  if (!code.fits) return undefined;
  const loop = { heads: code.heads, body: code.body, fault: code.fault, totals: code.totals };
  return {
    module: vectorModule(loop),
    text: vectorText(loop),
    columns: [...code.columns.values()],
    start: Buffer.concat(code.starts),
    passed: (memory) => sumOf(new Int32Array(memory, count.address, 4)),
    states,
  };
}

/** Writes the totals of an aggregate, over the values of its argument where `pass` is set. */
type WriteTotals = (
  code: VectorCode,
  arg: Vector,
  pass: string | undefined,
  spec: AggregateSpec,
) => ReadState;

const writers = {
  rows: writeCount,
  count: writeCount,
  sum: writeSum,
  mean: writeMean,
  min: writeExtreme("min"),
  max: writeExtreme("max"),
  any: writeExtreme("max"),
  all: writeExtreme("min"),
} as const satisfies Partial<Record<AggregateName, WriteTotals>>;

/** No value is null, so that each row that passes counts. */
function writeCount(): ReadState {
  return (_, rows) => [oneValue(float64, rows)];
}

function writeMean(code: VectorCode, arg: Vector, pass: string | undefined): ReadState {
  const sum = writeSum(code, arg, pass);
  return (memory, rows) => [oneValue(float64, rows), ...sum(memory, rows)];
}

/**
 * Doubles are added in four lanes, so that a sum is rounded otherwise than row by row. What does
 * not count is masked, not multiplied with 0: it may be NaN.
 */
function writeSum(code: VectorCode, arg: Vector, pass: string | undefined): ReadState {
  const isFloat = arg.lanes === "f64x2" || arg.lanes === "f32x4";
  const { lanes, parts } = isFloat ? asFloats(code, arg, "f64x2") : asNumbers(code, arg);
  const masks = pass === undefined ? undefined : masksFor(code, pass, lanes);
  const kept = parts.map((part, half) =>
    masks === undefined ? part : code.op("v128.and", [part, masks[half] as string]),
  );
  if (!isFloat) return writeWholeSum(code, kept[0] as string);
  const sums = kept.map((part) => {
    const { name, address } = code.total("sum", new Float64Array(2));
    code.update(name, "f64x2.add", [name, part]);
    return address;
  });
  return (memory) => {
    const ofLanes = sums.map((address) => sumOf(new Float64Array(memory, address, 2)));
    return [oneValue(float64, sumOf(ofLanes))];
  };
}

/** Exact: 64 bits do not overflow before there are 2 ** 32 rows. */
function writeWholeSum(code: VectorCode, numbers: string): ReadState {
  const { name, address } = code.total("sum", new BigInt64Array(2));
  for (const half of ["low", "high"] as const) {
    const wide = code.op(`i64x2.extend_${half}_i32x4_s`, [numbers]);
    code.update(name, "i64x2.add", [name, wide]);
  }
  return (memory) => {
    const [a = 0n, b = 0n] = new BigInt64Array(memory, address, 2);
    return [makeColumn(int64, 1, { values: BigInt64Array.of(a + b) })];
  };
}

function writeExtreme(end: "min" | "max"): WriteTotals {
  return (code, arg, pass, { arg: dtype = float64 }) => {
    const vector = asNumbers(code, arg);
    const read =
      vector.lanes === "i32x4"
        ? writeWholeExtreme(code, end, vector.parts[0] as string, pass)
        : writeFloatExtreme(code, end, vector, pass);
    return (memory) => [oneValue(dtype, read(memory))];
  };
}

function writeWholeExtreme(
  code: VectorCode,
  end: "min" | "max",
  numbers: string,
  pass: string | undefined,
): (memory: ArrayBuffer) => number {
  const worst = end === "min" ? 2 ** 31 - 1 : -(2 ** 31);
  const { name, address } = code.total(end, new Int32Array(4).fill(worst));
  const kept =
    pass === undefined ? numbers : code.op("v128.bitselect", [numbers, splat(code, worst), pass]);
  code.update(name, `i32x4.${end}_s`, [name, kept]);
  return (memory) => Math[end](...new Int32Array(memory, address, 4));
}

/** NaN is the greatest of all: it is what the least begins with. */
function writeFloatExtreme(
  code: VectorCode,
  end: "min" | "max",
  { lanes, parts }: Vector,
  pass: string | undefined,
): (memory: ArrayBuffer) => number {
  const [FloatArray, op] =
    lanes === "f64x2" ? ([Float64Array, "f64x2"] as const) : ([Float32Array, "f32x4"] as const);
  const length = 16 / FloatArray.BYTES_PER_ELEMENT;
  const worst = end === "min" ? Number.NaN : Number.NEGATIVE_INFINITY;
  const masks = pass === undefined ? undefined : masksFor(code, pass, lanes);
  const places = parts.map((part, half) => {
    const { name, address } = code.total(end, new FloatArray(length).fill(worst));
    const odd = end === "min" ? name : part;
    const better = code.op("v128.or", [
      code.op(`${op}.${end === "min" ? "lt" : "gt"}`, [part, name]),
      code.op(`${op}.ne`, [odd, odd]),
    ]);
    const counts =
      masks === undefined ? better : code.op("v128.and", [better, masks[half] as string]);
    code.update(name, "v128.bitselect", [part, name, counts]);
    return address;
  });
  const beats = (value: number, best: number): boolean =>
    end === "min" ? value < best || Number.isNaN(best) : value > best || Number.isNaN(value);
  return (memory) => {
    const values = places.flatMap((address) => [...new FloatArray(memory, address, length)]);
    return values.reduce((best, value) => (beats(value, best) ? value : best), worst);
  };
}

/** A column of one row. */
function oneValue(dtype: DType, value: number): Column {
  const values = makeValues(dtype, 1);
  values[0] = value;
  return makeColumn(dtype, 1, { values });
}

function sumOf(numbers: ArrayLike<number>): number {
  return Array.from(numbers).reduce((sum, number) => sum + number, 0);
}
