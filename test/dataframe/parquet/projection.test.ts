import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { parquetMetadata } from "hyparquet";
import { expect, it } from "vitest";

import { bool, int64, timestamp, utf8 } from "../../../packages/dataframe/dist/dtype.js";
import { callNode, columnNode, literalNode } from "../../../packages/dataframe/dist/expr/typed.js";
import { bytesOf, countedFile } from "../../lib/dataframe/counted-file.ts";
import { readParquetFiles } from "../../lib/dataframe/read-all.ts";

const flights = fileURLToPath(
  new URL("../../../node_modules/vega-datasets/data/flights-3m.parquet", import.meta.url),
);
const schema = {
  date: timestamp("us"),
  delay: int64,
  distance: int64,
  origin: utf8,
  destination: utf8,
};

/** Bytes of the chunks of columns in row groups, by another reader of footers. */
function chunkBytes(names: readonly string[], groups: (group: number) => boolean): number {
  const bytes = readFileSync(flights);
  const length = bytes.readUInt32LE(bytes.length - 8);
  const { row_groups: all } = parquetMetadata(bytes.subarray(bytes.length - length - 8));
  return all
    .filter((_, i) => groups(i))
    .flatMap(({ columns }) => columns)
    .filter(({ meta_data: chunk }) => names.includes(chunk?.path_in_schema[0] ?? ""))
    .reduce((sum, { meta_data: chunk }) => sum + Number(chunk?.total_compressed_size), 0);
}

/** Bytes that a reader takes from the end of a file to find its footer. */
const TAIL_BYTES = 65_536;

it("a projection reads the chunks of its columns, the footer, and no other byte", async () => {
  const file = countedFile(flights);
  const columns = ["origin", "delay"];
  const block = await readParquetFiles(file.url, { schema }, { columns });
  expect(block.rows).toBe(3_000_000);
  expect(bytesOf(file) - TAIL_BYTES).toBe(chunkBytes(columns, () => true));
});

it("row groups that a filter cannot match are not read", async () => {
  const file = countedFile(flights);
  const date = columnNode("date", timestamp("us"));
  const start = literalNode(BigInt(Date.parse("2001-06-20")) * 1_000n, timestamp("us"));
  const predicate = callNode("gte", [date, start], bool);
  const block = await readParquetFiles(file.url, { schema }, { columns: ["delay"], predicate });
  const all = await readParquetFiles(flights, {}, { columns: ["delay"], predicate });
  expect(block.rows).toBe(all.rows);
  expect(block.rows).toBeGreaterThan(0);
  // Flights are in order of their dates: the last of eleven row groups holds them all.
  const read = chunkBytes(["date", "delay"], (group) => group === 10);
  expect(bytesOf(file) - TAIL_BYTES).toBe(read);
});

it("a limit reads the row groups that it needs", async () => {
  const file = countedFile(flights);
  const block = await readParquetFiles(file.url, { schema }, { columns: ["delay"], limit: 10 });
  expect(block.rows).toBe(10);
  expect(bytesOf(file) - TAIL_BYTES).toBe(chunkBytes(["delay"], (group) => group === 0));
});
