import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";

import * as d from "../../../packages/dataframe/dist/dtype.js";
import type {
  JsonLinesPart,
  JsonLinesSettings,
} from "../../../packages/dataframe/dist/io/json-lines/json-settings.js";
import type { ReadJsonLinesOptions } from "../../../packages/dataframe/dist/io/json-lines/json-lines-options.js";
import { readJsonLinesPart } from "../../../packages/dataframe/dist/io/json-lines/read-json-lines-part.js";
import { readJsonLinesSource } from "../../../packages/dataframe/dist/io/json-lines/read-json-lines-source.js";
import type { Block } from "../../../packages/dataframe/dist/column.js";
import type { Read } from "../../lib/dataframe/csv-files.ts";
import { file, joined } from "../../lib/dataframe/csv-files.ts";

async function read(urls: string | string[], options: ReadJsonLinesOptions = {}): Promise<Read> {
  const source = readJsonLinesSource("readJsonLines", urls, options);
  const names = source.fields.map(({ name }) => name);
  const settings = source.options as JsonLinesSettings;
  const blocks: Block[] = [];
  for (const part of source.parts) {
    blocks.push(await readJsonLinesPart(part as JsonLinesPart, settings, names));
  }
  return joined(source, blocks);
}

const lines = (...rows: readonly unknown[]): string =>
  file(
    rows.map((row) => `${typeof row === "string" ? row : JSON.stringify(row)}\n`).join(""),
    "a.jsonl",
  );

async function failure(run: () => unknown): Promise<string> {
  try {
    await run();
  } catch (error) {
    const { code, message } = error as { code: string; message: string };
    return `${code} ${message.replaceAll(/\/\S*\/(?=[a-z]\.jsonl)/g, "")}`;
  }
  throw new Error("nothing was thrown");
}

test("dtypes are inferred, of lists and objects too", async () => {
  const path = lines(
    {
      n: 1,
      x: 1,
      b: true,
      day: "2024-02-29",
      at: "2024-02-29T00:00:00.5Z",
      l: [1, 2],
      o: { p: "q" },
    },
    { n: 2, x: 0.5, t: "é", l: [], o: { p: null, r: 1 }, mixed: [1] },
    { n: null, t: "2024-02-29", mixed: "a" },
  );
  const { dtypes, columns } = await read(path);
  expect(dtypes).toEqual({
    n: d.int64,
    x: d.float64,
    b: d.bool,
    day: d.date,
    at: d.timestamp("ms"),
    l: d.list(d.int64),
    o: d.struct({ p: d.utf8, r: d.int64 }),
    t: d.utf8,
    mixed: d.utf8,
  });
  expect(columns).toEqual({
    n: [1n, 2n, null],
    x: [1, 0.5, null],
    b: [true, null, null],
    day: [19_782, null, null],
    at: [1_709_164_800_500n, null, null],
    l: [[1n, 2n], [], null],
    o: [{ p: "q", r: null }, { p: null, r: 1n }, null],
    t: [null, "é", "2024-02-29"],
    mixed: [null, "[1]", "a"],
  });
});

test("whole numbers are exact, whatever their digits", async () => {
  const path = lines('{"a":9007199254740993,"t":"12345678901234567890"}', '{"a":-1}');
  expect((await read(path)).columns).toEqual({
    a: [9_007_199_254_740_993n, -1n],
    t: ["12345678901234567890", null],
  });
  const extremes = lines('{"a":9223372036854775807}', '{"a":-9223372036854775808}');
  expect((await read(extremes)).columns).toEqual({ a: [2n ** 63n - 1n, -(2n ** 63n)] });
  const beyond = lines('{"a":9223372036854775808}', '{"a":1}');
  expect((await read(beyond)).columns).toEqual({ a: [2 ** 63, 1] });
});

test("fields that every object inherits are none of a row", async () => {
  const { columns } = await read(lines({ constructor: "a" }, {}, { toString: 1 }));
  expect(columns).toEqual({ constructor: ["a", null, null], toString: [null, null, 1n] });
});

test("empty lines, carriage returns, marks of byte order and blocks make no difference", async () => {
  const path = file('\ufeff{"a":1}\r\n\n  \n{"a":2}\n{"a":3}', "b.jsonl");
  for (const blockSize of [1, 2, 7, 1000]) {
    expect((await read(path, { blockSize })).columns).toEqual({ a: [1n, 2n, 3n] });
  }
  const zipped = file(gzipSync('{"a":1}\n'.repeat(50_000)), "c.jsonl.gz");
  expect((await read(zipped)).columns["a"]).toHaveLength(50_000);
});

test("bad lines and fields are an error with their place, left out, or null", async () => {
  const path = lines({ a: 1 }, "{", { a: "x" }, "[1]", { a: 2 });
  const schema = { a: d.int32 };
  expect((await read(path, { schema, badRows: "skip" })).columns).toEqual({ a: [1, 2] });
  expect((await read(path, { schema, badRows: "null" })).columns).toEqual({
    a: [1, null, null, null, 2],
  });
  expect(await failure(async () => read(path, { schema }))).toMatchInlineSnapshot(
    `"dataframe/bad-row readJsonLines: line 2 of a.jsonl: not a JSON object, got "{", wanted one object a line. Repair the line, or pass badRows: "skip" or "null"."`,
  );
  expect(
    await failure(async () => read(lines({ a: 1 }, { a: "x" }), { schema })),
  ).toMatchInlineSnapshot(
    `"dataframe/bad-row readJsonLines: line 2 of a.jsonl: field "a" got "x", wanted int32. Repair the value, give the field another dtype, or pass badRows: "skip" or "null"."`,
  );
  const later = lines({ a: 1 }, { a: 0.5 });
  expect(await failure(async () => read(later, { sampleRows: 1 }))).toMatchInlineSnapshot(
    `"dataframe/bad-row readJsonLines: line 2 of a.jsonl: field "a" got 0.5, wanted int64. The dtype was inferred from the first rows: give a schema such as { "a": utf8 }, or pass badRows: "skip" or "null"."`,
  );
  const latin1 = file(Buffer.from('{"a":"é"}\n', "latin1"), "a.jsonl");
  expect(await failure(async () => read(latin1))).toMatchInlineSnapshot(
    `"dataframe/bad-row readJsonLines: line 1 of a.jsonl: got bytes that are no UTF-8, wanted text. Set encoding, for example to "latin1", or pass badRows: "skip" or "null"."`,
  );
  expect((await read(latin1, { encoding: "latin1" })).columns).toEqual({ a: ["é"] });
});

test("options that cannot be are an error at once", async () => {
  const path = lines({ a: 1 });
  const reading = async (options: object): Promise<string> =>
    failure(() => readJsonLinesSource("readJsonLines", path, options));
  expect(await reading({ columns: [] })).toMatchInlineSnapshot(
    `"dataframe/invalid-argument readJsonLines: no such option, got "columns", wanted one of schema, blockSize, filesPerPartition, compression, encoding, badRows, sampleRows, sampleBytes, includePath."`,
  );
  expect(await reading({ badRows: "ignore" })).toMatchInlineSnapshot(
    `"dataframe/invalid-argument readJsonLines: bad badRows, got "ignore", wanted one of "error", "skip", "null"."`,
  );
  expect(await reading({ schema: { a: "int32" } })).toMatchInlineSnapshot(
    `"dataframe/invalid-argument readJsonLines: not a dtype, got "int32", wanted one of int8, int16, int32, int64, uint8, uint16, uint32, uint64, float32, float64, bool, utf8, dictionary, date, timestamp(…), decimal(…), list(…), struct(…)."`,
  );
  expect(await reading({ includePath: "a" })).toMatchInlineSnapshot(
    `"dataframe/invalid-argument readJsonLines: bad includePath, got "a", wanted a name that no field has."`,
  );
});
