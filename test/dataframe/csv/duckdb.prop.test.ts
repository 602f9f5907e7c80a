import { DuckDBInstance } from "@duckdb/node-api";
import fc from "fast-check";
import { expect, test } from "vitest";

import * as d from "../../../packages/dataframe/dist/dtype.js";
import { file, readCsv } from "../../lib/dataframe/csv-files.ts";

/** Columns, and how the other engine names their dtypes. */
const schema = {
  i: d.int64,
  f: d.float64,
  b: d.bool,
  day: d.date,
  stamp: d.timestamp("us"),
  money: d.decimal(12, 3),
  t: d.utf8,
};
const types =
  "{i: 'BIGINT', f: 'DOUBLE', b: 'BOOLEAN', day: 'DATE', stamp: 'TIMESTAMP', " +
  "money: 'DECIMAL(12,3)', t: 'VARCHAR'}";

const pad = (value: number, length = 2): string => String(value).padStart(length, "0");
const days = fc
  .record({
    year: fc.integer({ min: 1, max: 9999 }),
    month: fc.integer({ min: 1, max: 12 }),
    day: fc.integer({ min: 1, max: 28 }),
  })
  .map(({ year, month, day }) => `${pad(year, 4)}-${pad(month)}-${pad(day)}`);
const clocks = fc
  .record({
    h: fc.integer({ min: 0, max: 23 }),
    m: fc.integer({ min: 0, max: 59 }),
    us: fc.integer({ min: 0, max: 59_999_999 }),
  })
  .map(({ h, m, us }) => `${pad(h)}:${pad(m)}:${pad(Math.floor(us / 1e6))}.${pad(us % 1e6, 6)}`);
const texts = fc.string({
  unit: fc.constantFrom("a", "é", "😀", ",", '"', "\n", " ", "0", "'"),
  maxLength: 8,
});

/** A field as text, quoted where a text needs it or by chance. */
const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;
const orNull = (values: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.oneof({ weight: 1, arbitrary: fc.constant("") }, { weight: 6, arbitrary: values });

const row = fc
  .tuple(
    orNull(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String)),
    orNull(
      fc
        .double({ noNaN: true, noDefaultInfinity: true })
        .map((value) => (Object.is(value, -0) ? "0" : String(value))),
    ),
    orNull(fc.constantFrom("true", "false")),
    orNull(days),
    orNull(fc.tuple(days, fc.constantFrom(" ", "T"), clocks).map((parts) => parts.join(""))),
    orNull(
      fc.integer({ min: -999_999_999, max: 999_999_999 }).map((value) => (value / 1000).toFixed(3)),
    ),
    orNull(texts.map(quoted)),
  )
  .map((fields) => fields.join(","));

test("values are those that another engine reads", async () => {
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  await fc.assert(
    fc.asyncProperty(
      fc.array(row, { size: "max", minLength: 1, maxLength: 40 }),
      fc.constantFrom("\n", "\r\n"),
      fc.constantFrom(17, 64, 1_000_000),
      async (rows, lineEnd, blockSize) => {
        const text = [Object.keys(schema).join(","), ...rows].join(lineEnd) + lineEnd;
        const path = file(text);
        const options = `header=true, delim=',', quote='"', escape='"', columns=${types}, auto_detect=false, allow_quoted_nulls=false`;
        const answer = await connection.runAndReadAll(
          `select i::varchar i, f, b, (day - date '1970-01-01')::int as day, epoch_us(stamp)::varchar stamp,
             (money * 1000)::bigint::varchar money, t from read_csv('${path}', ${options})`,
        );
        const theirs = answer.getColumnsObject();
        const { columns } = await readCsv(path, { schema, blockSize });
        const texts = (name: string): unknown[] =>
          (columns[name] ?? []).map((value) => (value === null ? null : String(value as bigint)));
        expect({ ...columns, i: texts("i"), stamp: texts("stamp"), money: texts("money") }).toEqual(
          theirs,
        );
      },
    ),
    { numRuns: 25 },
  );
  connection.closeSync();
});
