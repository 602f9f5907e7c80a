import { writeFileSync } from "node:fs";

import type { Table } from "apache-arrow";
import { tableToIPC } from "apache-arrow";
import fc from "fast-check";
import { expect, it } from "vitest";

import { toArrowTable } from "../../../packages/dataframe/dist/arrow/to-arrow-table.js";
import { sliceBlock } from "../../../packages/dataframe/dist/column.js";
import { readIpcSource } from "../../../packages/dataframe/dist/io/ipc/read-ipc-source.js";
import { writeIpcPart } from "../../../packages/dataframe/dist/io/ipc/write-ipc-part.js";
import { rowsOf } from "../../lib/dataframe/columns.ts";
import { readIpcFiles } from "../../lib/dataframe/read-all.ts";
import { scratchFolder } from "../../lib/scratch-folder.ts";
import { wholeFrames } from "../../lib/dataframe/whole-frames.ts";

const folder = scratchFolder();
let number = 0;

it("what is written to Arrow files comes back as it was, however it is cut", async () => {
  const drawn = fc.record({
    frame: wholeFrames(),
    batchRows: fc.integer({ min: 1, max: 50 }),
    blockSize: fc.constantFrom(1, 500, 1e9),
    start: fc.nat({ max: 5 }),
  });
  await fc.assert(
    fc.asyncProperty(drawn, async ({ frame, batchRows, blockSize, start }) => {
      const { fields, rows, block } = frame;
      const first = Math.min(start, block.rows);
      const path = `${folder}/${number++}.arrow`;
      const shown = sliceBlock(block, first, block.rows);
      await writeIpcPart(shown, path, fields, { batchRows });
      const source = readIpcSource("readArrow", path, { blockSize });
      expect(source.fields).toEqual(fields);
      expect(source.rows?.reduce((sum, count) => sum + count, 0)).toBe(rows.length - first);
      expect(rowsOf(await readIpcFiles(path, { blockSize }))).toStrictEqual(rows.slice(first));
    }),
    { numRuns: 40 },
  );
});

it("streams are read as files are", async () => {
  await fc.assert(
    fc.asyncProperty(wholeFrames(), async ({ fields, rows, block }) => {
      const path = `${folder}/${number++}.arrow`;
      const table: Table = await toArrowTable([block, block], fields);
      writeFileSync(path, tableToIPC(table, "stream"));
      expect(readIpcSource("readArrow", path, {}).fields).toEqual(fields);
      expect(rowsOf(await readIpcFiles(path))).toStrictEqual([...rows, ...rows]);
    }),
    { numRuns: 40 },
  );
});

it("a projection keeps the order that is asked for", async () => {
  await fc.assert(
    fc.asyncProperty(wholeFrames(), async ({ fields, rows, block }) => {
      const path = `${folder}/${number++}.arrow`;
      await writeIpcPart(block, path, fields, { batchRows: 10 });
      const columns = fields
        .map(({ name }) => name)
        .reverse()
        .slice(0, 2);
      const found = await readIpcFiles(path, {}, { columns });
      expect(found.names).toEqual(columns);
      const wanted = rows.map(
        (row) => new Map(columns.map((name) => [name, row.get(name) ?? null])),
      );
      expect(rowsOf(found)).toStrictEqual(wanted);
    }),
    { numRuns: 30 },
  );
});
