import { DuckDBInstance } from "@duckdb/node-api";
import { expect, it } from "vitest";

import { readParquetSource } from "../../../packages/dataframe/dist/io/parquet/read-parquet-source.js";
import {
  writeParquetPart,
  writeParquetSettings,
} from "../../../packages/dataframe/dist/io/parquet/write-parquet-part.js";
import { toRows } from "../../../packages/dataframe/dist/rows/to-rows.js";
import { dtypeText } from "../../../packages/dataframe/dist/dtype-traits.js";
import { readParquetFiles } from "../../lib/dataframe/read-all.ts";
import { scratchFolder } from "../../lib/scratch-folder.ts";

const folder = scratchFolder();

/** Columns of all types that both sides know, with nulls, as a query over `range`. */
const columns: Readonly<Record<string, string>> = {
  tiny: "(i % 200 - 100)::tinyint",
  small: "(i % 60000 - 30000)::smallint",
  whole: "(i * 7919 - 1000)::integer",
  big: "(i * 1234567890123)::bigint",
  utiny: "(i % 256)::utinyint",
  usmall: "(i % 65536)::usmallint",
  uwhole: "(i * 4000)::uinteger",
  ubig: "(i * 12345678901)::ubigint",
  single: "(i / 3)::float",
  double: "(i / 7)::double",
  truth: "i % 3 = 0",
  few: "'texts ' || (i % 11)",
  many: "'é😀 ' || i",
  day: "date '1960-01-01' + (i % 40000)::integer",
  ms: "make_timestamp_ms(i * 86400000 - 1000000000000)::timestamp_ms",
  us: "make_timestamp(i * 123456789 - 50000000000)",
  ns: "make_timestamp_ns(i * 123456789 - 50000000000)",
  zoned: "make_timestamptz(i * 123456789)",
  money: "(i * 0.25 - 10)::decimal(9, 2)",
  wide: "(i * 12345.678)::decimal(18, 3)",
  list: "[i, null, i + 1]",
  nested: "{'x': i, 'y': ['a', i::varchar]}",
};

async function connect(): Promise<Awaited<ReturnType<DuckDBInstance["connect"]>>> {
  const connection = await (await DuckDBInstance.create(":memory:")).connect();
  await connection.run("set timezone = 'UTC'");
  const parts = Object.entries(columns).map(([name, text], n) => {
    return `case when (i + ${n}) % 13 = 0 then null else ${text} end as ${name}`;
  });
  await connection.run(`create table t as select ${parts.join(", ")} from range(5000) r(i)`);
  return connection;
}

type Connection = Awaited<ReturnType<typeof connect>>;

/** Rows as texts, which both sides can write. */
async function textsOf(connection: Connection, from: string): Promise<unknown[]> {
  const names = Object.keys(columns);
  const shown = names.map((name) => {
    const isTime = ["ms", "us", "ns", "zoned"].includes(name);
    return isTime ? `epoch_ns(${name})::varchar as ${name}` : `${name}::varchar as ${name}`;
  });
  const reader = await connection.runAndReadAll(`select ${shown.join(", ")} from ${from}`);
  return reader.getRowsJson();
}

const settings = { rowGroupRows: 1_700 };

it("reads what DuckDB writes: all types, nulls, codecs and page versions", async () => {
  const connection = await connect();
  const wanted = await textsOf(connection, "t");
  const codecs = ["snappy", "zstd", "gzip", "brotli", "lz4_raw", "uncompressed"];
  const forms = codecs.map((codec, n) => {
    return `compression ${codec}${n % 2 === 0 ? "" : ", parquet_version v2"}`;
  });
  for (const [n, form] of forms.entries()) {
    const from = `${folder}/from-${n}.parquet`;
    await connection.run(`copy t to '${from}' (format parquet, row_group_size 2048, ${form})`);
    const block = await readParquetFiles(from);
    // Written again by us, read by DuckDB, which was asked for the same texts of its own table.
    const { fields } = readParquetSource("readParquet", from);
    const to = `${folder}/to-${n}.parquet`;
    await writeParquetPart(block, to, fields, { compression: "snappy", ...settings });
    expect(await textsOf(connection, `'${to}'`), form).toEqual(wanted);
  }
}, 60_000);

it("columns of a file have the dtypes that DuckDB means", async () => {
  const connection = await connect();
  const path = `${folder}/types.parquet`;
  await connection.run(`copy t to '${path}' (format parquet)`);
  const { fields } = readParquetSource("readParquet", path);
  const texts = fields.map(({ name, dtype }) => `${name} ${dtypeText(dtype)}`);
  expect(texts).toMatchInlineSnapshot(`
    [
      "tiny int8",
      "small int16",
      "whole int32",
      "big int64",
      "utiny uint8",
      "usmall uint16",
      "uwhole uint32",
      "ubig uint64",
      "single float32",
      "double float64",
      "truth bool",
      "few utf8",
      "many utf8",
      "day date",
      "ms timestamp("ms")",
      "us timestamp("us")",
      "ns timestamp("ns")",
      "zoned timestamp("us", "UTC")",
      "money decimal(9, 2)",
      "wide decimal(18, 3)",
      "list list(int64)",
      "nested struct({ "x": int64, "y": list(utf8) })",
    ]
  `);
});

it("values of DuckDB are those of JavaScript", async () => {
  const connection = await connect();
  const path = `${folder}/values.parquet`;
  await connection.run(`copy (select * from t limit 40) to '${path}' (format parquet)`);
  const { fields } = readParquetSource("readParquet", path);
  const rows = toRows(await readParquetFiles(path), fields);
  expect(rows[33]).toMatchInlineSnapshot(`
    {
      "big": 40740740374059n,
      "day": 1960-02-03T00:00:00.000Z,
      "double": 4.714285714285714,
      "few": "texts 0",
      "list": [
        33n,
        null,
        34n,
      ],
      "many": "é😀 33",
      "money": "-1.75",
      "ms": 1938-05-27T22:13:20.000Z,
      "nested": {
        "x": 33n,
        "y": [
          "a",
          "33",
        ],
      },
      "ns": 1969-12-31T23:59:14.074Z,
      "single": 11,
      "small": -29967,
      "tiny": -67,
      "truth": true,
      "ubig": 407407403733n,
      "us": 1969-12-31T11:14:34.074Z,
      "usmall": 33,
      "utiny": 33,
      "uwhole": null,
      "whole": 260327,
      "wide": null,
      "zoned": 1970-01-01T01:07:54.074Z,
    }
  `);
});

it("DuckDB reads what we write by any compression", async () => {
  const connection = await connect();
  const path = `${folder}/given.parquet`;
  await connection.run(`copy t to '${path}' (format parquet)`);
  const { fields } = readParquetSource("readParquet", path);
  const block = await readParquetFiles(path);
  const wanted = await textsOf(connection, "t");
  for (const compression of ["none", "gzip", "brotli", "lz4", "zstd"] as const) {
    const to = `${folder}/by-${compression}.parquet`;
    await writeParquetPart(block, to, fields, writeParquetSettings("toParquet", { compression }));
    expect(await textsOf(connection, `'${to}'`), compression).toEqual(wanted);
  }
}, 30_000);
