import { mkdirSync } from "node:fs";
import { open } from "node:fs/promises";
import { dirname } from "node:path";

import { expect, it } from "vitest";

import type { Field } from "../../../packages/dataframe/dist/dtype.js";
import * as d from "../../../packages/dataframe/dist/dtype.js";
import { dtypeText } from "../../../packages/dataframe/dist/dtype-traits.js";
import { callNode, columnNode, literalNode } from "../../../packages/dataframe/dist/expr/typed.js";
import { readParquetPart } from "../../../packages/dataframe/dist/io/parquet/read-parquet-part.js";
import type {
  ParquetPart,
  ParquetReading,
  ReadParquetOptions,
} from "../../../packages/dataframe/dist/io/parquet/read-parquet-source.js";
import { readParquetSource } from "../../../packages/dataframe/dist/io/parquet/read-parquet-source.js";
import { writeParquetPart } from "../../../packages/dataframe/dist/io/parquet/write-parquet-part.js";
import { fromRows } from "../../../packages/dataframe/dist/rows/from-rows.js";
import { readParquetFiles } from "../../lib/dataframe/read-all.ts";
import { rowsOf } from "../../lib/dataframe/columns.ts";
import { scratchFolder } from "../../lib/scratch-folder.ts";

const folder = scratchFolder();

/** Writes objects to a file below the folder of these tests. */
async function write(
  path: string,
  rows: readonly object[],
  fields?: readonly Field[],
): Promise<void> {
  const content = fromRows("fromRows", rows, fields);
  const settings = { compression: "snappy", rowGroupRows: 100 } as const;
  mkdirSync(dirname(`${folder}/${path}`), { recursive: true });
  await writeParquetPart(content.block, `${folder}/${path}`, content.fields, settings);
}

function texts(path: string | readonly string[], options: ReadParquetOptions = {}): string[] {
  const urls =
    typeof path === "string" ? `${folder}/${path}` : path.map((one) => `${folder}/${one}`);
  const { fields } = readParquetSource("readParquet", urls, options);
  return fields.map(({ name, dtype }) => `${name}: ${dtypeText(dtype)}`);
}

/** What an error says, without the folder. */
function messageOf(work: () => unknown): string {
  try {
    work();
    return "no error";
  } catch (error) {
    return (error as Error).message.replaceAll(folder, "<folder>");
  }
}

const rowsAs = async (path: string, ...asked: unknown[]): Promise<object[]> =>
  rowsOf(await readParquetFiles(`${folder}/${path}`, {}, asked[0] as object)).map((row) =>
    Object.fromEntries(row),
  );

it("folders name columns, which come last and are whole numbers, days or texts", async () => {
  await write("hive/year=2023/day=2024-01-01/kind=a%20b/part-0.parquet", [{ n: 1 }]);
  await write("hive/year=2024/day=2024-01-02/kind=__HIVE_DEFAULT_PARTITION__/x.parquet", [
    { n: 2 },
  ]);
  expect(texts("hive")).toEqual(["n: float64", "year: int64", "day: date", "kind: utf8"]);
  expect(await rowsAs("hive")).toEqual([
    { n: 1, year: 2023n, day: 19_723, kind: "a b" },
    { n: 2, year: 2024n, day: 19_724, kind: null },
  ]);
  const schema = { year: d.int16, kind: d.dictionary };
  expect(texts("hive/**/*.parquet", { schema })).toEqual([
    "n: float64",
    "year: int16",
    "day: date",
    "kind: dictionary",
  ]);
  expect(texts("hive", { columns: ["year", "n"] })).toEqual(["year: int64", "n: float64"]);
});

it("a filter on a column of folders leaves files unread", async () => {
  await write("pruned/year=2023/part-0.parquet", [{ n: 1 }]);
  await write("pruned/year=2024/part-0.parquet", [{ n: 2 }]);
  // Values that would be refused if they were read.
  const file = await open(`${folder}/pruned/year=2023/part-0.parquet`, "r+");
  await file.write(new Uint8Array(16).fill(255), 0, 16, 4);
  await file.close();
  await expect(readParquetFiles(`${folder}/pruned`)).rejects.toThrowError("the file is damaged");
  const year = columnNode("year", d.int64);
  const predicate = callNode("eq", [year, literalNode(2024n, d.int64)], d.bool);
  expect(await rowsAs("pruned", { predicate, columns: ["n"] })).toEqual([{ n: 2 }]);
});

it("only columns of folders, and no columns at all, keep their rows", async () => {
  await write("only/year=2023/part-0.parquet", [{ n: 1 }, { n: 2 }]);
  expect(await rowsAs("only", { columns: ["year"] })).toEqual([{ year: 2023n }, { year: 2023n }]);
  const none = await readParquetFiles(`${folder}/only`, {}, { columns: [] });
  expect(none.rows).toBe(2);
});

it("files of other columns, unknown columns and bad options are refused at once", async () => {
  await write("mixed/a.parquet", [{ n: 1, t: "a" }]);
  await write("mixed/b.parquet", [{ n: 1n, t: "a" }]);
  await write("mixed/c.parquet", [{ n: 1, t: "a", more: 1 }]);
  await write("mixed/one.parquet", [{ n: 1 }]);
  await write("mixed/year=1/d.parquet", [{ n: 1, t: "a" }]);
  const messages = [
    () => texts(["mixed/a.parquet", "mixed/b.parquet"]),
    () => texts(["mixed/a.parquet", "mixed/c.parquet"]),
    () => texts(["mixed/c.parquet", "mixed/a.parquet"]),
    () => texts(["mixed/one.parquet", "mixed/a.parquet"]),
    () => texts("mixed"),
    () => texts("mixed/a.parquet", { columns: ["n", "x"] }),
    () => texts("mixed/a.parquet", { schema: { n: d.int8 } }),
    () => texts("mixed/a.parquet", { rowGroupsPerPartition: 0 }),
    () => texts("mixed/a.parquet", { rowGroupsPerPartition: 1, blockSize: "1MB" }),
    () => texts("mixed/a.parquet", { column: ["n"] } as never),
    () => readParquetSource("readParquet", "https://example.org/a.parquet"),
    () => readParquetSource("readParquet", []),
    () => texts("nowhere/*.parquet"),
  ].map(messageOf);
  expect(messages).toMatchInlineSnapshot(`
    [
      "readParquet: column "n" of "<folder>/mixed/b.parquet" differs, got "int64", wanted float64. Read files of one schema at a time, or name the columns that all have.",
      "readParquet: "<folder>/mixed/c.parquet" has a column that other files do not have, got "more", wanted n, t. Name the columns that all have with \`columns\`.",
      "readParquet: column "more" of "<folder>/mixed/a.parquet" differs, got "no such column", wanted float64. Read files of one schema at a time, or name the columns that all have.",
      "readParquet: "<folder>/mixed/a.parquet" has a column that other files do not have, got "t", wanted n. Name the columns that all have with \`columns\`.",
      "readParquet: the folders of "<folder>/mixed/year=1/d.parquet" name other columns, got an array of 1, wanted no columns. Read folders of one layout at a time.",
      "readParquet: no such column, got "x", wanted one of n, t.",
      "readParquet: column "n" of "<folder>/mixed/a.parquet" differs, got "float64", wanted int8. Read files of one schema at a time, or name the columns that all have.",
      "readParquet: bad rowGroupsPerPartition, got 0, wanted a whole number of 1 or more.",
      "readParquet: two ways to cut, got "blockSize and rowGroupsPerPartition", wanted one of them.",
      "readParquet: no such option, got "column", wanted one of columns, schema, blockSize, rowGroupsPerPartition.",
      "readParquet: cannot look at these files without waiting, got "https://example.org/a.parquet", wanted local files, or a schema. Say with \`schema\` what the columns are, or copy the files to a disk.",
      "readParquet: no files, got "an empty list", wanted one path, glob or URL or more.",
      "glob: no file matches, got '<folder>/nowhere/*.parquet', wanted at least one. Check the pattern (hidden files match only with the dot), or pass { allowEmpty: true }.",
    ]
  `);
});

it("columns that all files have can be named", async () => {
  await write("common/a.parquet", [{ n: 1, t: "a" }]);
  await write("common/b.parquet", [{ n: 2, t: 5 }]);
  expect(texts("common", { columns: ["n"] })).toEqual(["n: float64"]);
});

it("a file that was written anew since it was planned is refused, and not read at old places", async () => {
  await write("anew/a.parquet", [{ n: 1 }, { n: 2 }]);
  const source = readParquetSource("readParquet", `${folder}/anew/a.parquet`);
  await write("anew/a.parquet", [{ n: 3 }]);
  const [part] = source.parts as readonly ParquetPart[];
  const reading = source.options as ParquetReading;
  const read = readParquetPart(part as ParquetPart, reading, ["n"], undefined, undefined);
  await expect(read).rejects.toThrow(/a\.parquet: the file has changed since the frame was made/);
});

it("a file without rows is a partition without rows", async () => {
  await write("empty/a.parquet", [], [{ name: "n", dtype: d.int32 }]);
  const { rows, parts } = readParquetSource("readParquet", `${folder}/empty`);
  expect([rows, parts.length]).toEqual([[0], 1]);
  expect((await readParquetFiles(`${folder}/empty`)).rows).toBe(0);
});
