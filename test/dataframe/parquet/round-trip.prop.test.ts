import fc from "fast-check";
import { expect, it } from "vitest";

import { sliceBlock } from "../../../packages/dataframe/dist/column.js";
import { readParquetPart } from "../../../packages/dataframe/dist/io/parquet/read-parquet-part.js";
import type { ParquetReading } from "../../../packages/dataframe/dist/io/parquet/read-parquet-source.js";
import { readParquetSource } from "../../../packages/dataframe/dist/io/parquet/read-parquet-source.js";
import { writeParquetPart } from "../../../packages/dataframe/dist/io/parquet/write-parquet-part.js";
import { concatBlocks } from "../../../packages/dataframe/dist/kernels/concat.js";
import { columnTypes } from "../../lib/dataframe/arbitraries.ts";
import { rowsOf } from "../../lib/dataframe/columns.ts";
import { scratchFolder } from "../../lib/scratch-folder.ts";
import { wholeFrames } from "../../lib/dataframe/whole-frames.ts";

const folder = scratchFolder();
const types = columnTypes.filter((dtype) => dtype.kind !== "timestamp" || dtype.unit !== "s");
const compressions = ["none", "snappy", "gzip", "brotli", "lz4", "zstd"] as const;

it("what is written comes back as it was, by any compression and cut of row groups", async () => {
  let number = 0;
  const drawn = fc.record({
    frame: wholeFrames(types),
    compression: fc.constantFrom(...compressions),
    rowGroupRows: fc.integer({ min: 1, max: 50 }),
    groups: fc.option(fc.integer({ min: 1, max: 5 }), { nil: undefined }),
    start: fc.nat({ max: 5 }),
  });
  await fc.assert(
    fc.asyncProperty(drawn, async ({ frame, compression, rowGroupRows, groups, start }) => {
      const { fields, rows, block } = frame;
      const first = Math.min(start, block.rows);
      const path = `${folder}/round-${number++}.parquet`;
      const settings = { compression, rowGroupRows };
      await writeParquetPart(sliceBlock(block, first, block.rows), path, fields, settings);
      const options = groups === undefined ? {} : { rowGroupsPerPartition: groups };
      const source = readParquetSource("readParquet", path, options);
      expect(source.fields).toEqual(fields);
      const names = fields.map(({ name }) => name);
      const reading = source.options as ParquetReading;
      const blocks = await Promise.all(
        source.parts.map((part) =>
          readParquetPart(part as never, reading, names, undefined, undefined),
        ),
      );
      expect(blocks.map((one) => one.rows)).toEqual(source.rows);
      expect(rowsOf(concatBlocks(blocks))).toStrictEqual(rows.slice(first));
    }),
    { numRuns: 40 },
  );
});
