import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { DataFrame, concat } from "@millrace/dataframe";
import { createThreadsExecutor } from "@millrace/distributed";
import type { Executor } from "@millrace/graph";
import { BlockwiseLayer, compute } from "@millrace/graph";
import type { Data } from "apache-arrow";
import {
  Field,
  Float64,
  Int32,
  RecordBatch,
  Schema,
  Struct,
  Table,
  Utf8,
  makeData,
} from "apache-arrow";
import type { Bench, BenchRow } from "./bench.ts";
import { compareCases } from "./measure.ts";

/** `many` and `few` are the numbers of partitions; `size` is what a partition may take. */
type Parameters = {
  readonly rows: number;
  readonly many: number;
  readonly few: number;
  readonly size: string;
  readonly repeats: number;
};

const threads = 2;

/** The baseline joins; the others cut, join what is skewed, and cut and join by size. */
export const bench: Bench<Parameters> = {
  name: "dataframe-repartition",
  question: "What does it cost to cut a DataFrame into fewer, more, balanced or sized partitions?",
  parameters: {
    small: { rows: 10_000, many: 20, few: 4, size: "20kB", repeats: 2 },
    full: { rows: 4_000_000, many: 200, few: 20, size: "4MB", repeats: 7 },
  },
  async run({ rows, many, few, size, repeats }) {
    await using executor = createThreadsExecutor({ threads });
    const all = tableOf(0, rows);
    const inMany = await DataFrame.fromArrow(all, { npartitions: many }).persist({ executor });
    const inFew = await DataFrame.fromArrow(all, { npartitions: few }).persist({ executor });
    const head = DataFrame.fromArrow(tableOf(0, 0.8 * rows), { npartitions: 1 });
    const tail = DataFrame.fromArrow(tableOf(0.8 * rows, rows), { npartitions: many - 1 });
    const skewed = await concat([head, tail]).persist({ executor });
    const counts = new Map<string, string>();
    const recut = async (name: string, frame: DataFrame | Promise<DataFrame>): Promise<void> => {
      const found = await countRows(await frame, executor);
      counts.set(name, `${found.length} × ${Math.min(...found)}–${Math.max(...found)}`);
    };
    const names = [`${many} → ${few}`, `${few} → ${many}`, `skewed → ${few}`, `by size, ${size}`];
    const [fewer = "", more = "", balanced = "", sized = ""] = names;
    const timed = await compareCases(
      {
        [fewer]: () => recut(fewer, inMany.repartition({ npartitions: few })),
        [more]: () => recut(more, inFew.repartition({ npartitions: many })),
        [balanced]: () => recut(balanced, skewed.repartition({ npartitions: few })),
        [sized]: () => recut(sized, inMany.repartitionBySize(size, { executor })),
      },
      { repeats, warmups: 2 },
    );
    const answer = [...counts].map(([name, found]) => `${name}: ${found}`).join("; ");
    return { rows: [...timed, ...daskRows([rows, many, few, size])], answer };
  },
};

/** A whole number, two others that have nothing to do with it, and a text, in each row. */
function tableOf(start: number, end: number): Table {
  const length = end - start;
  const numbers = Array.from({ length: 3 }, (_, n) =>
    Float64Array.from({ length }, (_value, i) => ((start + i) * (n + 7)) % 9_973),
  );
  const text = Buffer.from(Array.from({ length }, (_, i) => textOf(start + i)).join(""));
  const valueOffsets = Int32Array.from({ length: length + 1 }, (_, i) => textBytes * i);
  const ids = Int32Array.from({ length }, (_, i) => start + i);
  const children: Data[] = [
    makeData({ type: new Int32(), length, data: ids }),
    ...numbers.map((data) => makeData({ type: new Float64(), length, data })),
    makeData({ type: new Utf8(), length, data: text, valueOffsets }),
  ];
  const fields = children.map(({ type }, n) => new Field(`c${n}`, type, false));
  const data = makeData({ type: new Struct(fields), length, children });
  return new Table([new RecordBatch(new Schema(fields), data)]);
}

const textBytes = 10;

function textOf(row: number): string {
  return String((row * 7_919) % 1e9).padStart(textBytes, "t");
}

/** How many rows each partition has. */
function countRows(frame: DataFrame, executor: Executor): Promise<number[]> {
  const { npartitions, outputKeys } = frame;
  const layer = String(outputKeys[0]).replace(/\/\d+$/, "");
  const name = `count-${layer}`;
  const count = new BlockwiseLayer(name, {
    count: npartitions,
    inputs: [{ kind: "block", layer }],
    steps: [{ fn: rowsOf, args: [{ kind: "input", input: 0 }] }],
  });
  return compute(
    {
      graph: frame.graph.withLayer(count),
      outputKeys: outputKeys.map((_, i) => `${name}/${i}`),
      finalize: (parts) => parts as number[],
    },
    { executor },
  );
}

function rowsOf({ rows }: { readonly rows: number }): number {
  return rows;
}

/** Dask's DataFrame on as many threads, where `MILLRACE_DASK_PYTHON` has it, with pandas. */
function daskRows(parameters: readonly (number | string)[]): BenchRow[] {
  const python = process.env["MILLRACE_DASK_PYTHON"];
  if (python === undefined) return [];
  const script = join(import.meta.dirname, "peers/dask-repartition.py");
  const args = [script, ...parameters.map(String), String(threads)];
  return JSON.parse(execFileSync(python, args, { encoding: "utf8" })) as BenchRow[];
}
