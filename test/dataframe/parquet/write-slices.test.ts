import { DataFrame, dictionary, int32, readParquet, utf8 } from "@millrace/dataframe";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

import type { Block } from "../../../packages/dataframe/dist/column.js";
import { makeBlock, makeColumn } from "../../../packages/dataframe/dist/column.js";
import {
  writeParquetPart,
  writeParquetSettings,
} from "../../../packages/dataframe/dist/io/parquet/write-parquet-part.js";
import { scratchFolder } from "../../lib/scratch-folder.ts";
import { itWhen } from "../../lib/skip.ts";

const folder = scratchFolder();
const schema = { n: int32, t: utf8, d: dictionary } as const;

it("rows that are handed over in several pieces are one file, with row groups of any size", async () => {
  // More than one piece of 131,072 rows.
  const rows = Array.from({ length: 140_000 }, (_, n) => ({
    n: n % 7 === 0 ? null : n,
    t: n < 135_000 ? null : `text ${n}`,
    d: n % 5 === 0 ? null : `word ${n % 1_000}`,
  }));
  const frame = DataFrame.fromRows(rows, { schema, npartitions: 1 });
  for (const rowGroupRows of [50_000, 1_048_576]) {
    const pattern = join(folder, `${rowGroupRows}-*.parquet`);
    const [file = ""] = await frame.toParquet(pattern, { rowGroupRows });
    const read = readParquet(file, { rowGroupsPerPartition: 1 });
    expect(read.npartitions).toBe(Math.ceil(rows.length / rowGroupRows));
    expect(read.schema).toEqual(schema);
    expect(await read.toRows()).toEqual(rows);
  }
});

const itWithFullDisk = itWhen(existsSync("/dev/full"), "there is no /dev/full");

itWithFullDisk("a disk that is full is told as such", async () => {
  const column = makeColumn(int32, 2, { values: Int32Array.of(1, 2) });
  const block: Block = makeBlock(2, ["n"], [column]);
  const fields = [{ name: "n", dtype: int32 }];
  const settings = writeParquetSettings("toParquet", {});
  const writing = writeParquetPart(block, "/dev/full", fields, settings);
  await expect(writing).rejects.toMatchObject({ name: "StorageError", code: "storage/io" });
});
