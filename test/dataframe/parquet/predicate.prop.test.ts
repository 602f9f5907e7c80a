import { join } from "node:path";

import { DataFrame, col, float64, readParquet } from "@millrace/dataframe";
import fc from "fast-check";
import { expect, it } from "vitest";

import { bool } from "../../../packages/dataframe/dist/dtype.js";
import { DataFrameError } from "../../../packages/dataframe/dist/errors.js";
import type { Scalar, Typed } from "../../../packages/dataframe/dist/expr/typed.js";
import { callNode, columnNode, literalNode } from "../../../packages/dataframe/dist/expr/typed.js";
import { writeIpcPart } from "../../../packages/dataframe/dist/io/ipc/write-ipc-part.js";
import { writeParquetPart } from "../../../packages/dataframe/dist/io/parquet/write-parquet-part.js";
import { runStage } from "../../../packages/dataframe/dist/stage/run-stage.js";
import { orderableTypes, presentValues, values } from "../../lib/dataframe/arbitraries.ts";
import { rowsOf } from "../../lib/dataframe/columns.ts";
import { readIpcFiles, readParquetFiles } from "../../lib/dataframe/read-all.ts";
import { scratchFolder } from "../../lib/scratch-folder.ts";
import { typedExpressions } from "../../lib/dataframe/typed-arbitraries.ts";
import type { WholeFrame } from "../../lib/dataframe/whole-frames.ts";
import { wholeFrames } from "../../lib/dataframe/whole-frames.ts";

const folder = scratchFolder();
const types = orderableTypes.filter((dtype) => dtype.kind !== "timestamp" || dtype.unit !== "s");

const drawn = wholeFrames(types).chain((frame) =>
  fc.record({
    frame: fc.constant(frame),
    predicate: fc.oneof(
      { weight: 3, arbitrary: comparisons(frame) },
      { weight: 1, arbitrary: typedExpressions(frame.fields, [bool]) },
    ),
    rowsTogether: fc.integer({ min: 1, max: 10 }),
    limit: fc.option(fc.nat({ max: 20 }), { nil: undefined }),
  }),
);

/** Comparisons of columns with values, of which some are theirs, and what logic makes of them. */
function comparisons({ fields }: WholeFrame): fc.Arbitrary<Typed> {
  const plain = fc.constantFrom(...fields).chain(({ name, dtype }) => {
    const column = columnNode(name, dtype);
    const literals = values(dtype).map((value) => literalNode(value as Scalar, dtype));
    const fns = fc.constantFrom("eq", "neq", "lt", "lte", "gt", "gte");
    return fc.oneof(
      fc.tuple(fns, literals).map(([fn, literal]) => callNode(fn, [column, literal], bool)),
      fc.tuple(fns, literals).map(([fn, literal]) => callNode(fn, [literal, column], bool)),
      fc.constantFrom("isNull", "isNotNull").map((fn) => callNode(fn, [column], bool)),
      fc
        .array(presentValues(dtype), { minLength: 1, maxLength: 3 })
        .map((some) => callNode("isIn", [column], bool, some as Scalar[])),
    );
  });
  const { tree } = fc.letrec<{ tree: Typed }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 3 },
      plain,
      tie("tree").map((node) => callNode("not", [node], bool)),
      fc
        .tuple(fc.constantFrom("and", "or"), tie("tree"), tie("tree"))
        .map(([fn, a, b]) => callNode(fn, [a, b], bool)),
    ),
  }));
  return tree;
}

it("a filter that is pushed into files keeps the rows that it keeps outside", async () => {
  let number = 0;
  await fc.assert(
    fc.asyncProperty(drawn, async ({ frame, predicate, rowsTogether, limit }) => {
      const { fields, block } = frame;
      const columns = fields.slice(0, 2).map(({ name }) => name);
      const outputs = columns.map((name, i) => {
        return { name, value: columnNode(name, fields[i]?.dtype ?? bool) };
      });
      const outside = attempt(() => runStage(block, { filter: predicate, outputs }));
      // An expression that fails on a row may be spared the row, but never the other way round.
      fc.pre(outside !== undefined);
      const wanted = rowsOf(outside).slice(0, limit ?? Infinity);
      const path = `${folder}/${number++}`;
      const asked = { columns, predicate, ...(limit === undefined ? {} : { limit }) };
      const parquet = { compression: "none", rowGroupRows: rowsTogether } as const;
      await writeParquetPart(block, `${path}.parquet`, fields, parquet);
      const whole = { rowGroupsPerPartition: 1_000 };
      const found = await readParquetFiles(`${path}.parquet`, whole, asked);
      expect(rowsOf(found)).toStrictEqual(wanted);
      const ipc = { batchRows: rowsTogether };
      await writeIpcPart(block, `${path}.arrow`, fields, ipc);
      const other = await readIpcFiles(`${path}.arrow`, { blockSize: 1e9 }, asked);
      expect(rowsOf(other)).toStrictEqual(wanted);
    }),
    { numRuns: 40 },
  );
});

it("NaN beside one number, which alone is in the statistics, is greater than it", async () => {
  const path = join(folder, "nan-*.parquet");
  const schema = { x: float64 } as const;
  const rows = [[Number.NaN, 1], [2, 2], [0.5]].flatMap((part) => part.map((x) => ({ x })));
  const frame = DataFrame.fromRows(rows, { schema }).repartition({ partitionRows: 2 });
  await frame.toParquet(path);
  const read = readParquet(path, { schema });
  const x = col("x");
  const found = async (of: OfX): Promise<unknown[]> => {
    return (await read.filter(of).toRows()).map((row) => row.x);
  };
  expect(await found(x.gt(1))).toEqual([Number.NaN, 2, 2]);
  expect(await found(x.lte(1).not())).toEqual([Number.NaN, 2, 2]);
  expect(await found(x.neq(1))).toEqual([Number.NaN, 2, 2, 0.5]);
  expect(await found(x.eq(Number.NaN))).toEqual([Number.NaN]);
  expect(await found(x.lt(1))).toEqual([0.5]);
});

type OfX = Parameters<DataFrame["filter"]>[0];

function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (error instanceof DataFrameError) return undefined;
    throw error;
  }
}
