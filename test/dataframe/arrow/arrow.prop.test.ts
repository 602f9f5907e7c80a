import type { RecordBatch } from "apache-arrow";
import { Table, tableFromIPC, tableToIPC } from "apache-arrow";
import fc from "fast-check";
import { expect, it } from "vitest";

import { fromArrow } from "../../../packages/dataframe/dist/arrow/from-arrow.js";
import { toArrowTable } from "../../../packages/dataframe/dist/arrow/to-arrow-table.js";
import { sliceBlock } from "../../../packages/dataframe/dist/column.js";
import { concatBlocks } from "../../../packages/dataframe/dist/kernels/concat.js";
import { rowsOf } from "../../lib/dataframe/columns.ts";
import { wholeFrames } from "../../lib/dataframe/whole-frames.ts";

const cut = fc.record({ frame: wholeFrames(), at: fc.nat({ max: 60 }) });

it("what becomes a Table of Arrow comes back as it was, in as many batches", async () => {
  await fc.assert(
    fc.asyncProperty(cut, async ({ frame: { fields, rows, block }, at }) => {
      const middle = Math.min(at, block.rows);
      const parts = [sliceBlock(block, 0, middle), sliceBlock(block, middle, block.rows)];
      const back = fromArrow("fromArrow", await toArrowTable(parts, fields));
      expect(back.fields).toEqual(fields);
      expect(back.blocks.map(({ rows: count }) => count)).toEqual([middle, block.rows - middle]);
      expect(rowsOf(concatBlocks(back.blocks))).toStrictEqual(rows);
    }),
    { numRuns: 50 },
  );
});

it("a Table that Arrow wrote and read, and slices of it, come back as they were", async () => {
  await fc.assert(
    fc.asyncProperty(cut, async ({ frame: { fields, rows, block }, at }) => {
      // Arrow itself reads the empty name as "null".
      fc.pre(fields.every(({ name }) => name !== ""));
      const table = await toArrowTable([block], fields);
      const read: Table = tableFromIPC(tableToIPC(table, "file"));
      const batches = read.batches.map((batch): RecordBatch =>
        batch.slice(Math.min(at, rows.length)),
      );
      const { blocks } = fromArrow("fromArrow", new Table(read.schema, batches));
      expect(rowsOf(concatBlocks(blocks))).toStrictEqual(rows.slice(at));
    }),
    { numRuns: 50 },
  );
});

it("an empty frame keeps its columns", async () => {
  await fc.assert(
    fc.asyncProperty(wholeFrames(), async ({ fields }) => {
      const back = fromArrow("fromArrow", await toArrowTable([], fields));
      expect(back.fields).toEqual(fields);
      expect(back.blocks.map(rowsOf)).toEqual([[]]);
    }),
    { numRuns: 30 },
  );
});
