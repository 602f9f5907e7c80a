import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";

import type { Field } from "../../../packages/dataframe/dist/dtype.js";
import type { CsvPart } from "../../../packages/dataframe/dist/io/csv/csv-settings.js";
import { readCsvPart } from "../../../packages/dataframe/dist/io/csv/read-csv-part.js";
import { readCsvSource } from "../../../packages/dataframe/dist/io/csv/read-csv-source.js";
import { writeCsvSettings } from "../../../packages/dataframe/dist/io/csv/write-csv-options.js";
import { writeCsvPart } from "../../../packages/dataframe/dist/io/csv/write-csv-part.js";
import { fieldLists, orderableTypes, rowLists } from "../../lib/dataframe/arbitraries.ts";
import { blockOf, rowsOf } from "../../lib/dataframe/columns.ts";
import { settingsOf } from "../../lib/dataframe/csv-files.ts";
import { scratchFolder } from "../../lib/scratch-folder.ts";

const folder = scratchFolder();

const frames = fieldLists(orderableTypes)
  .filter((fields) => fields.length > 0 && fields.every(({ name }) => name !== ""))
  .chain((fields) => fc.tuple(fc.constant(fields), rowLists(fields)));

const options = fc.record({
  delimiter: fc.constantFrom(",", ";", "\t", "-", "1", "e"),
  quote: fc.constantFrom("needed" as const, "always" as const),
  nullValue: fc.constantFrom("", "NULL", "\\N"),
  lineEnd: fc.constantFrom("\n" as const, "\r\n" as const),
});

const schemaOf = (fields: readonly Field[]): Record<string, Field["dtype"]> =>
  Object.fromEntries(fields.map(({ name, dtype }) => [name, dtype]));

test("what was written is read again, nulls, empty texts and 64 bits included", async () => {
  await fc.assert(
    fc.asyncProperty(
      frames,
      options,
      fc.constantFrom("plain" as const, "encoded" as const),
      fc.constantFrom("csv", "csv.gz"),
      async ([fields, rows], given, form, suffix) => {
        const path = join(folder, `a.${suffix}`);
        const block = blockOf(fields, rows, form);
        const settings = writeCsvSettings("toCsv", given, fields);
        expect(await writeCsvPart(block, path, settings)).toBe(path);
        const { delimiter, nullValue } = given;
        const source = readCsvSource("readCsv", path, {
          schema: schemaOf(fields),
          delimiter,
          nullValues: [nullValue],
        });
        const names = fields.map(({ name }) => name);
        const read = await readCsvPart(source.parts[0] as CsvPart, settingsOf(source), names);
        expect(rowsOf(read)).toEqual(rowsOf(block));
      },
    ),
    { numRuns: 100 },
  );
});

test("a file is written with quotes only where they are needed", async () => {
  const path = join(folder, "b.csv");
  const fields = [{ name: "a,b", dtype: { kind: "utf8" } as const }];
  const texts = ["plain", "", null, 'q"', "two\nlines", "a,b", " x"];
  const block = blockOf(
    fields,
    texts.map((text) => new Map([["a,b", text]])),
  );
  await writeCsvPart(block, path, writeCsvSettings("toCsv", {}, fields));
  expect(readFileSync(path, "utf8")).toBe('"a,b"\nplain\n""\n\n"q"""\n"two\nlines"\n"a,b"\n x\n');
});
