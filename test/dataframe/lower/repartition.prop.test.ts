import { LayeredGraph, MaterializedLayer } from "@millrace/graph";
import fc from "fast-check";
import { expect, it } from "vitest";

import type { Block } from "../../../packages/dataframe/dist/column.js";
import { makeBlock } from "../../../packages/dataframe/dist/column.js";
import type { Field } from "../../../packages/dataframe/dist/dtype.js";
import { float64, int64, utf8 } from "../../../packages/dataframe/dist/dtype.js";
import type { Scalar } from "../../../packages/dataframe/dist/expr/typed.js";
import { lowerRepartition } from "../../../packages/dataframe/dist/lower/lower-repartition.js";
import { layoutOf } from "../../../packages/dataframe/dist/plan/layout.js";
import type { Layout, RepartitionTarget } from "../../../packages/dataframe/dist/plan/node.js";
import { repartition } from "../../../packages/dataframe/dist/plan/partitions.js";
import { piecesOfSize, rowsOfLength } from "../../../packages/dataframe/dist/plan/pieces.js";
import { blocks } from "../../../packages/dataframe/dist/plan/sources.js";
import { measureBlock } from "../../../packages/dataframe/dist/steps/repartitioning.js";
import { boundaries } from "../../lib/arbitraries/bags.ts";
import { columnOf } from "../../lib/dataframe/columns.ts";

const fields: readonly Field[] = [
  { name: "id", dtype: int64 },
  { name: "text", dtype: utf8 },
  { name: "x", dtype: float64 },
];

/** Rows that ascend and tell which they are. */
function blockOf(first: number, rows: number): Block {
  const ids = Array.from({ length: rows }, (_, i) => first + i);
  const columns = [
    columnOf(int64, ids.map(BigInt)),
    columnOf(
      utf8,
      ids.map((id) => (id % 5 === 0 ? null : `text ${id}`)),
    ),
    columnOf(
      float64,
      ids.map((id) => id / 8),
    ),
  ];
  return makeBlock(
    rows,
    fields.map(({ name }) => name),
    columns,
  );
}

function blocksOf(rows: readonly number[], first = 0): Block[] {
  return rows.map((count, i) => blockOf(first + sumOf(rows.slice(0, i)), count));
}

function sumOf(rows: readonly number[]): number {
  return rows.reduce((sum, more) => sum + more, 0);
}

function idsOf(block: Block): number[] {
  return Array.from(block.columns[0]?.values as BigInt64Array, Number);
}

/** The rows that partitions between boundaries have. */
function idsBetween(bounds: readonly number[]): number[][] {
  return bounds.slice(1).map((end, i) => {
    const start = bounds[i] ?? 0;
    return Array.from({ length: end - start }, (_, k) => start + k);
  });
}

let layerCount = 0;

/** The partitions after a repartition of partitions of which something is known. */
async function recut(
  inputs: readonly Block[],
  known: Partial<Layout>,
  target: RepartitionTarget,
): Promise<{ outputs: Block[]; layout: Layout }> {
  const layer = `input-${layerCount++}`;
  const graph = new LayeredGraph().withLayer(MaterializedLayer.values(layer, inputs));
  const layout = { ...layoutOf(inputs.length), ...known };
  const node = repartition(blocks(graph, layer, fields, layout, "test"), target);
  const context = { token: node.token, annotations: undefined };
  const cut = lowerRepartition(node, context, { graph, layer, npartitions: inputs.length });
  const keys = Array.from({ length: cut.npartitions }, (_, i) => `${cut.layer}/${i}`);
  return { outputs: (await cut.graph.compute(keys)) as Block[], layout: node.layout };
}

const rowCounts = fc.array(fc.oneof(fc.constant(0), fc.nat({ max: 30 })), {
  minLength: 1,
  maxLength: 25,
  size: "max",
});
const partCounts = fc.integer({ min: 1, max: 60 });

it("with known rows boundary i is floor(i · rows / n), and the count is exact", async () => {
  await fc.assert(
    fc.asyncProperty(rowCounts, partCounts, async (rows, npartitions) => {
      const target = { by: "npartitions", npartitions } as const;
      const { outputs, layout } = await recut(blocksOf(rows), { rows }, target);
      expect(outputs.map(idsOf)).toEqual(idsBetween(boundaries(sumOf(rows), npartitions)));
      expect(layout.rows).toEqual(outputs.map((block) => block.rows));
    }),
    { numRuns: 60 },
  );
});

it("with unknown rows partitions are joined whole or cut evenly, by the rule of a Bag", async () => {
  await fc.assert(
    fc.asyncProperty(rowCounts, partCounts, async (rows, npartitions) => {
      const target = { by: "npartitions", npartitions } as const;
      const { outputs } = await recut(blocksOf(rows), {}, target);
      const starts = [0, ...rows.map((_, i) => sumOf(rows.slice(0, i + 1)))];
      const [n, m] = [rows.length, npartitions];
      const split = rows.flatMap((length, i) => {
        const pieces = Math.max(1, Math.floor(((i + 1) * m) / n) - Math.floor((i * m) / n));
        return boundaries(length, pieces)
          .slice(0, -1)
          .map((at) => (starts[i] ?? 0) + at);
      });
      const joined = boundaries(n, m).map((input) => starts[input] ?? 0);
      const bounds = m <= n ? joined : [...split, sumOf(rows)];
      expect(outputs.map(idsOf)).toEqual(idsBetween(bounds));
    }),
    { numRuns: 60 },
  );
});

it("partitions of a number of rows, and of a size, have all rows in order", async () => {
  await fc.assert(
    fc.asyncProperty(rowCounts, partCounts, async (rows, most) => {
      const inputs = blocksOf(rows);
      const byRows = rowsOfLength("repartition", rows, most);
      const cut = await recut(inputs, { rows }, { by: "rows", rows: byRows });
      const ends = byRows.map((_, i) => sumOf(byRows.slice(0, i + 1)));
      expect(cut.outputs.map(idsOf)).toEqual(idsBetween([0, ...ends]));

      const pieces = piecesOfSize(inputs.map(measureBlock), most * 30);
      const sized = await recut(inputs, {}, { by: "pieces", pieces });
      expect(sized.outputs.flatMap(idsOf)).toEqual(idsBetween([0, sumOf(rows)])[0]);
      expect(sized.layout.rows).toEqual(sized.outputs.map((block) => block.rows));
    }),
    { numRuns: 60 },
  );
});

it("new divisions bring each row between its bounds, and rows outside to the ends", async () => {
  const ascending = fc
    .array(fc.nat({ max: 40 }), { minLength: 2, maxLength: 8, size: "max" })
    .map((drawn) => drawn.toSorted((a, b) => a - b));
  await fc.assert(
    fc.asyncProperty(ascending, ascending, async (before, drawn) => {
      const [first = 0, last = 0] = [before[0], before.at(-1)];
      const rows = before.slice(1).map((end, i) => end - (before[i] ?? 0));
      const after = [Math.min(first, ...drawn), ...drawn.slice(1, -1), Math.max(last, ...drawn)];
      const target = { by: "divisions", divisions: scalars(after), force: true } as const;
      const { outputs } = await recut(
        blocksOf(rows, first),
        {
          index: "id",
          divisions: scalars(before),
          sortedBy: [{ name: "id", descending: false, nulls: "last" }],
        },
        target,
      );
      const inner = after.slice(1, -1).map((bound) => Math.min(last, Math.max(first, bound)));
      expect(outputs.map(idsOf)).toEqual(idsBetween([first, ...inner, last]));
    }),
    { numRuns: 100 },
  );
});

function scalars(bounds: readonly number[]): Scalar[] {
  return bounds.map(BigInt);
}

it("a split shares the memory of its input", async () => {
  const [input] = blocksOf([100]) as [Block];
  const target = { by: "npartitions", npartitions: 7 } as const;
  for (const known of [{}, { rows: [100] }]) {
    const { outputs } = await recut([input], known, target);
    const shared = outputs.flatMap(memoryOf);
    expect(new Set(shared)).toEqual(new Set(memoryOf(input)));
  }
});

it("a join moves each row once: it takes no more new memory than its rows", async () => {
  const rows = Array.from({ length: 20 }, (_, i) => 10 + i);
  const inputs = blocksOf(rows);
  const { outputs } = await recut(inputs, { rows }, { by: "npartitions", npartitions: 3 });
  for (const output of outputs) {
    const bytes = sumOf(memoryOf(output).map(({ byteLength }) => byteLength));
    expect(bytes).toBe(measureBlock(output).bytes);
  }
  const old = new Set(inputs.flatMap(memoryOf));
  expect(outputs.flatMap(memoryOf).some((memory) => old.has(memory))).toBe(false);
});

function memoryOf({ columns }: Block): ArrayBufferLike[] {
  return columns.flatMap(({ values, valid, offsets }) =>
    [values, valid, offsets].flatMap((part) => (part === undefined ? [] : [part.buffer])),
  );
}
