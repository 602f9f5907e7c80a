import fc from "fast-check";
import { expect, test } from "vitest";

import * as d from "../../../packages/dataframe/dist/dtype.js";
import type { Typed } from "../../../packages/dataframe/dist/expr/typed.js";
import { callNode, columnNode, literalNode } from "../../../packages/dataframe/dist/expr/typed.js";
import type { CsvPart } from "../../../packages/dataframe/dist/io/csv/csv-settings.js";
import { readCsvPart } from "../../../packages/dataframe/dist/io/csv/read-csv-part.js";
import { readCsvSource } from "../../../packages/dataframe/dist/io/csv/read-csv-source.js";
import type {
  JsonLinesPart,
  JsonLinesSettings,
} from "../../../packages/dataframe/dist/io/json-lines/json-settings.js";
import { readJsonLinesPart } from "../../../packages/dataframe/dist/io/json-lines/read-json-lines-part.js";
import { readJsonLinesSource } from "../../../packages/dataframe/dist/io/json-lines/read-json-lines-source.js";
import { valuesOf } from "../../lib/dataframe/columns.ts";
import { file, settingsOf } from "../../lib/dataframe/csv-files.ts";

const schema = { n: d.int32, t: d.utf8, x: d.float64 };
type Row = readonly [n: number | null, t: string | null, x: number];

const rows = fc.array(
  fc.tuple(
    fc.option(fc.integer({ min: -3, max: 3 })),
    fc.option(fc.constantFrom("", "a", "b,c", "é")),
    fc.integer({ min: 0, max: 9 }),
  ),
  { size: "max", maxLength: 200 },
);

/** Which rows a predicate keeps, twice. */
const predicates: readonly (readonly [Typed, (row: Row) => boolean])[] = [
  [
    callNode("gt", [columnNode("n", d.int32), literalNode(0, d.int32)], d.bool),
    ([n]) => n !== null && n > 0,
  ],
  [
    callNode("eq", [columnNode("t", d.utf8), literalNode("b,c", d.utf8)], d.bool),
    ([, t]) => t === "b,c",
  ],
  [callNode("isNull", [columnNode("t", d.utf8)], d.bool), ([, t]) => t === null],
  [callNode("eq", [columnNode("row", d.utf8), literalNode("", d.utf8)], d.bool), () => false],
];

test("a reader gives the rows for which its predicate is true, and no more than its limit", async () => {
  await fc.assert(
    fc.asyncProperty(
      rows,
      fc.constantFrom(...predicates),
      fc.option(fc.integer({ min: 0, max: 20 }), { nil: undefined }),
      fc.subarray(["n", "t", "x", "row"] as const),
      async (given, [predicate, keeps], limit, columns) => {
        const wanted = given.filter(keeps).slice(0, limit);
        const quoted = (text: string | null): string => (text === null ? "" : `"${text}"`);
        const path = file(
          `n,t,x\n${given.map(([n, t, x]) => `${n ?? ""},${quoted(t)},${x}\n`).join("")}`,
        );
        const source = readCsvSource("readCsv", path, { schema, includePath: "row" });
        const part = source.parts[0] as CsvPart;
        const block = await readCsvPart(part, settingsOf(source), columns, predicate, limit);
        const expected = columns.map((name) =>
          wanted.map((row) => (name === "row" ? path : row[["n", "t", "x"].indexOf(name)])),
        );
        expect(block.rows).toBe(wanted.length);
        expect(block.columns.map(valuesOf)).toEqual(expected);

        const lines = given.map(([n, t, x]) => `${JSON.stringify({ n, t, x })}\n`);
        const json = file(lines.join(""), "a.jsonl");
        const other = readJsonLinesSource("readJsonLines", json, { schema, includePath: "row" });
        const settings = other.options as JsonLinesSettings;
        const lineBlock = await readJsonLinesPart(
          other.parts[0] as JsonLinesPart,
          settings,
          columns,
          predicate,
          limit,
        );
        expect(lineBlock.rows).toBe(wanted.length);
        expect(lineBlock.columns.map(valuesOf)).toEqual(
          columns.map((name, i) => (name === "row" ? wanted.map(() => json) : expected[i])),
        );
      },
    ),
    { numRuns: 50 },
  );
});
