import type { Block } from "../packages/dataframe/dist/column.js";
import { makeBlock, makeColumn } from "../packages/dataframe/dist/column.js";
import { bool, float64, int32, int64, utf8 } from "../packages/dataframe/dist/dtype.js";
import type { FunctionName, Typed } from "../packages/dataframe/dist/expr/typed.js";
import { callNode, columnNode, literalNode } from "../packages/dataframe/dist/expr/typed.js";
import { runStage } from "../packages/dataframe/dist/stage/run-stage.js";
import type { Stage } from "../packages/dataframe/dist/stage/stage.js";
import type { Bench, BenchRow } from "./bench.ts";
import { median } from "./measure.ts";

type Parameters = { readonly rows: number; readonly stages: number; readonly repeats: number };

/** Stages of one form stand at both ends, so that like is compared with like. */
const ENDS = 20;

/** A loop that saw many kinds of columns is several times as slow; no stage is to be one. */
export const bench: Bench<Parameters> = {
  name: "dataframe-many-plans",
  question: "Is the last of 500 different stages of one process as fast as the first?",
  parameters: {
    small: { rows: 5_000, stages: 60, repeats: 2 },
    full: { rows: 1_000_000, stages: 500, repeats: 7 },
  },
  run: async ({ rows, stages, repeats }) => {
    const block = blockOf(rows);
    const times: { readonly firstMs: number; readonly bestMs: number }[] = [];
    let answer = 0;
    const measure = (index: number): { readonly firstMs: number; readonly bestMs: number } => {
      const isEnd = index < ENDS || index >= stages - ENDS;
      const stage = isEnd ? sumStage(index) : mixedStage(index);
      const each: number[] = [];
      for (let run = 0; run < repeats; run++) {
        const startMs = performance.now();
        const { rows: passed } = runStage(block, stage);
        each.push(performance.now() - startMs);
        if (run === 0) answer += passed;
      }
      return { firstMs: each[0] ?? NaN, bestMs: Math.min(...each) };
    };
    for (let index = 0; index < stages; index++) times.push(measure(index));
    const again = Array.from({ length: ENDS }, (_, index) => measure(index));
    const first = times.slice(0, ENDS);
    const result = [
      rowOf(`stages 1 to ${ENDS}`, first, first),
      rowOf(`stages ${stages - ENDS + 1} to ${stages}`, times.slice(-ENDS), first),
      rowOf(`stages 1 to ${ENDS} again`, again, first),
    ];
    return { rows: result, answer: String(answer) };
  },
};

function rowOf(
  name: string,
  times: readonly { readonly firstMs: number; readonly bestMs: number }[],
  baseline: readonly { readonly bestMs: number }[],
): BenchRow {
  const medianMs = median(times.map(({ bestMs }) => bestMs));
  return {
    case: name,
    medianMs,
    ratio: medianMs / median(baseline.map(({ bestMs }) => bestMs)),
    firstRunMs: median(times.map(({ firstMs }) => firstMs)),
  };
}

/** `x * y + n` where `x > n`, of two float64. */
function sumStage(index: number): Stage {
  const [x, y] = [columnNode("x", float64), columnNode("y", float64)];
  const constant = literalNode(0.3 + index / 10_000, float64);
  return {
    filter: callNode("gt", [x, constant], bool),
    outputs: [{ name: "sum", value: binary("add", binary("mul", x, y), constant) }],
  };
}

function binary(fn: FunctionName, a: Typed, b: Typed): Typed {
  return callNode(fn, [a, b], a.dtype);
}

/** Stages of other forms, over columns of all kinds. */
function mixedStage(index: number): Stage {
  const [i, n, t, c] = [
    columnNode("i", int32),
    columnNode("n", int64),
    columnNode("t", utf8),
    columnNode("c", utf8),
  ];
  const truth = (fn: FunctionName, node: Typed, value: Typed): Typed =>
    callNode(fn, [node, value], bool);
  const values: readonly Typed[] = [
    binary("add", i, literalNode(index, int32)),
    binary("mul", n, literalNode(BigInt(index), int64)),
    callNode("upper", [callNode("slice", [t], utf8, [index % 5, null])], utf8),
    callNode("startsWith", [c], bool, [`c${index % 40}`]),
    binary("sub", columnNode("x", float64), literalNode(index, float64)),
  ];
  const filters: readonly Typed[] = [
    truth("lt", i, literalNode(500 + index, int32)),
    truth("gte", n, literalNode(BigInt(index), int64)),
    truth("neq", t, literalNode(`t${index}`, utf8)),
    truth("lt", c, literalNode(`c${index % 70}`, utf8)),
  ];
  const filter = filters[index % filters.length] as Typed;
  const chosen = [values[index % values.length] as Typed, values[(index * 7 + 3) % 5] as Typed];
  return { filter, outputs: chosen.map((value, k) => ({ name: `out${k}`, value })) };
}

/** Columns of each kind, of numbers that repeat run after run. */
function blockOf(rows: number): Block {
  const of = <A extends { [row: number]: unknown }>(
    array: A,
    value: (row: number) => unknown,
  ): A => {
    for (let row = 0; row < rows; row++) array[row] = value(row);
    return array;
  };
  const mixed = (row: number): number => Math.imul(row, 0x9e3779b1) >>> 0;
  const texts = (count: number, letter: string): readonly string[] =>
    Array.from({ length: count }, (_, k) => `${letter}${k}`);
  const plain = (values: readonly string[]): ReturnType<typeof makeColumn> => {
    const bytes = values.map((value) => Buffer.from(value));
    const offsets = new Int32Array(values.length + 1);
    bytes.forEach((part, k) => (offsets[k + 1] = (offsets[k] ?? 0) + part.length));
    return makeColumn(utf8, values.length, {
      values: new Uint8Array(Buffer.concat(bytes)),
      offsets,
    });
  };
  const some = texts(997, "t");
  const columns = {
    x: makeColumn(float64, rows, {
      values: of(new Float64Array(rows), (row) => mixed(row) / 2 ** 32),
    }),
    y: makeColumn(float64, rows, {
      values: of(new Float64Array(rows), (row) => mixed(row + 1) / 2 ** 32),
    }),
    i: makeColumn(int32, rows, { values: of(new Int32Array(rows), (row) => mixed(row) % 1_000) }),
    n: makeColumn(int64, rows, {
      values: of(new BigInt64Array(rows), (row) => BigInt(mixed(row))),
    }),
    t: plain(Array.from({ length: rows }, (_, row) => some[mixed(row) % 997] ?? "")),
    c: makeColumn(utf8, rows, {
      values: of(new Int32Array(rows), (row) => mixed(row) % 100),
      dictionary: plain(texts(100, "c")),
    }),
  };
  return makeBlock(rows, Object.keys(columns), Object.values(columns));
}
