import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";

import * as d from "../../../packages/dataframe/dist/dtype.js";
import { readCsvSource } from "../../../packages/dataframe/dist/io/csv/read-csv-source.js";
import { writeCsvSettings } from "../../../packages/dataframe/dist/io/csv/write-csv-options.js";
import { file, readCsv } from "../../lib/dataframe/csv-files.ts";

/** Code and message, without the folder of the file. */
async function failure(run: () => unknown): Promise<string> {
  try {
    await run();
  } catch (error) {
    const { code, message } = error as { code: string; message: string };
    return `${code} ${message.replaceAll(/\/\S*\/(?=[a-z]\.csv)/g, "")}`;
  }
  throw new Error("nothing was thrown");
}

const reading = async (text: string | Uint8Array, options = {}, name = "a.csv"): Promise<string> =>
  failure(async () => readCsv(file(text, name), options));

const schema = { a: d.int32, b: d.utf8 };

test("a bad row is told with its file, its line and what is wrong", async () => {
  expect(await reading('a,b\n1,"x\n\ny"\n2\n')).toMatchInlineSnapshot(
    `"dataframe/bad-row readCsv: line 5 of a.csv: too few fields, got 1, wanted 2 (a, b). Repair the row, or pass badRows: "skip" or "null"."`,
  );
  expect(await reading("a,b\n1,x,y\n")).toMatchInlineSnapshot(
    `"dataframe/bad-row readCsv: line 2 of a.csv: too many fields, got 3, wanted 2 (a, b). Repair the row, or pass badRows: "skip" or "null"."`,
  );
  expect(await reading('a,b\n1,"x"y\n')).toMatchInlineSnapshot(
    `"dataframe/bad-row readCsv: line 2 of a.csv: text after a closing quote, got a field such as "a"b, wanted a delimiter there. Double quotes inside of quotes, set quote or escape, or pass badRows: "skip" or "null"."`,
  );
  expect(await reading('a,b\n1,"x\n')).toMatchInlineSnapshot(
    `"dataframe/bad-row readCsv: line 2 of a.csv: a quoted field has no end, got 5 bytes, wanted a closing quote. Repair the row, or set quote: null if quotes are text."`,
  );
});

test("a bad value is told with its column, and whether its dtype was inferred", async () => {
  expect(await reading("a,b\n1,x\nq,y\n", { schema })).toMatchInlineSnapshot(
    `"dataframe/bad-row readCsv: line 3 of a.csv: column "a" got "q", wanted int32. Repair the value, give the column another dtype, or pass badRows: "skip" or "null"."`,
  );
  expect(await reading("a,b\n1,x\nq,y\n", { sampleRows: 1 })).toMatchInlineSnapshot(
    `"dataframe/bad-row readCsv: line 3 of a.csv: column "a" got "q", wanted int64. The dtype was inferred from the first rows: give a schema such as { "a": utf8 }, or pass badRows: "skip" or "null"."`,
  );
  const latin1 = Buffer.from("a,b\n1,é\n", "latin1");
  expect(await reading(latin1, { schema })).toMatchInlineSnapshot(
    `"dataframe/bad-row readCsv: line 2 of a.csv: got bytes that are no UTF-8, wanted text. Set encoding, for example to "latin1", or pass badRows: "skip" or "null"."`,
  );
});

test("the line of a row is that of the file, in blocks and compressed files too", async () => {
  const text = `a,b\n${"1,x\n".repeat(1000)}q,y\n`;
  expect(await reading(text, { schema, blockSize: 100 })).toContain("line 1002 of a.csv");
  expect(await reading(gzipSync(text), { schema }, "z.csv.gz")).toContain("line 1002 of z.csv.gz");
});

test("blocks that cannot tell text from rows are an error, and never wrong rows", async () => {
  const rows = "1,x\n".repeat(60_000);
  const text = `a,b\n1,"${rows}"\n${rows}`;
  expect(await reading(text, { schema, blockSize: 130_000 })).toMatchInlineSnapshot(
    `"dataframe/bad-file readCsv: cannot tell rows from quoted text around byte 120002 of a.csv, where a block begins. Give a larger blockSize, or filesPerPartition: 1 to read the file whole."`,
  );
  const read = await readCsv(file(text), { schema, blockSize: 600_000 });
  expect(read.columns["a"]?.length).toBe(60_001);
});

test("a file of other columns, and a damaged one, are told with their names", async () => {
  const other = async (): Promise<unknown> =>
    readCsv([file("a,b\n1,x\n"), file("a,c\n1,x\n", "b.csv")]);
  expect(await failure(other)).toMatchInlineSnapshot(
    `"dataframe/schema-mismatch readCsv: the header of b.csv is another one, got "a, c", wanted a, b. Read files of other columns apart, and concat what they have in common."`,
  );
  const damaged = gzipSync(`a,b\n${"1,x\n".repeat(1000)}`).subarray(0, 40);
  expect(await reading(damaged, { schema }, "z.csv.gz")).toMatchInlineSnapshot(
    `"storage/corrupt read: not valid gzip, got 'z.csv.gz' (unexpected end of file), wanted a whole gzip file. Fetch or write it again, or name another compression."`,
  );
  const noGzip = Buffer.from("a,b\n1,x\n");
  expect(await reading(noGzip, {}, "z.csv.gz")).toMatchInlineSnapshot(
    `"dataframe/bad-file readCsv: not valid gzip, got z.csv.gz (incorrect header check), wanted a whole gzip file. Fetch or write it again, or name another compression."`,
  );
});

test.each([
  { blocksize: 1 },
  { delimiter: ",," },
  { quote: "," },
  { badRows: "ignore" },
  { header: "yes" },
  { columns: ["a", "b"] },
  { header: false, columns: ["a", "a"] },
  { header: false, columns: ["a"] },
  { schema: { c: d.utf8 } },
  { schema: { a: d.list(d.utf8) } },
  { blockSize: 0 },
  { blockSize: 1, filesPerPartition: 1 },
  { filesPerPartition: 0 },
  { skipRows: -1 },
  { nullValues: "NA" },
  { includePath: "a" },
  { decimal: ";" },
  { encoding: "ebcdic" },
  { sampleRows: 0 },
  { encoding: "latin1", blockSize: 5 },
] as const)("options that cannot be are an error at once: %j", async (options) => {
  expect(
    await failure(() => readCsvSource("readCsv", file("a,b\n1,2\n"), options as never)),
  ).toMatchSnapshot();
});

test("what cannot be sampled needs a schema, and names that occur twice are an error", async () => {
  expect(
    await failure(() => readCsvSource("readCsv", "http://127.0.0.1:1/a.csv", {})),
  ).toMatchInlineSnapshot(
    `"dataframe/invalid-argument readCsv: dtypes of this file cannot be inferred without waiting, got "http:a.csv", wanted a local file, not compressed or by gzip, deflate or brotli. Give a schema of all columns."`,
  );
  expect(await reading("")).toMatchInlineSnapshot(
    `"dataframe/invalid-argument readCsv: columns of an empty file cannot be inferred, got "a.csv", wanted a file with a header. Give a schema of all columns."`,
  );
  expect(await reading("a,a\n1,2\n")).toMatchInlineSnapshot(
    `"dataframe/invalid-argument readCsv: two columns of one name in a.csv, got "a", wanted names that differ. Pass header: false, skipRows: 1 and columns to give names."`,
  );
});

test("a writer refuses columns without a form, and options that would not be read again", async () => {
  const nested = [{ name: "a", dtype: d.list(d.utf8) }];
  expect(await failure(() => writeCsvSettings("toCsv", {}, nested))).toMatchInlineSnapshot(
    `"dataframe/unsupported-type toCsv: column "a" has no form in CSV, got "list(utf8)", wanted numbers, text, bool, dates or decimals. Drop or explode it, or write JSON lines, Parquet or Arrow."`,
  );
  expect(
    await failure(() => writeCsvSettings("toCsv", { nullValue: "a,b" }, [])),
  ).toMatchInlineSnapshot(
    `"dataframe/invalid-argument toCsv: bad nullValue, got "a,b", wanted a text without quotes, delimiters and line ends."`,
  );
  expect(
    await failure(() => writeCsvSettings("toCsv", { delimiter: "\n" }, [])),
  ).toMatchInlineSnapshot(
    `"dataframe/invalid-argument toCsv: bad delimiter, got "\\n", wanted one ASCII character that is no quote and ends no line."`,
  );
});
