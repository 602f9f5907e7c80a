import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";

import type {
  JsonLinesPart,
  JsonLinesSettings,
} from "../../../packages/dataframe/dist/io/json-lines/json-settings.js";
import { readJsonLinesPart } from "../../../packages/dataframe/dist/io/json-lines/read-json-lines-part.js";
import { readJsonLinesSource } from "../../../packages/dataframe/dist/io/json-lines/read-json-lines-source.js";
import { writeJsonLinesPart } from "../../../packages/dataframe/dist/io/json-lines/write-json-lines-part.js";
import { columnTypes, fieldLists, rowLists } from "../../lib/dataframe/arbitraries.ts";
import { blockOf, rowsOf } from "../../lib/dataframe/columns.ts";
import { scratchFolder } from "../../lib/scratch-folder.ts";

const folder = scratchFolder();

const frames = fieldLists(columnTypes).chain((fields) =>
  fc.tuple(fc.constant(fields), rowLists(fields)),
);

test("what was written is read again, lists and structs and 64 bits included, at any size of blocks", async () => {
  await fc.assert(
    fc.asyncProperty(
      frames,
      fc.constantFrom("plain" as const, "encoded" as const),
      fc.constantFrom(undefined, 9, 60),
      async ([fields, rows], form, blockSize) => {
        const path = join(folder, blockSize === undefined ? "a.jsonl.gz" : "a.jsonl");
        const block = blockOf(fields, rows, form);
        await writeJsonLinesPart(block, path, { compression: "infer" });
        const schema = Object.fromEntries(fields.map(({ name, dtype }) => [name, dtype]));
        const source = readJsonLinesSource("readJsonLines", path, {
          schema,
          ...(blockSize === undefined ? {} : { blockSize }),
        });
        const names = fields.map(({ name }) => name);
        const settings = source.options as JsonLinesSettings;
        const parts = source.parts as JsonLinesPart[];
        const blocks = await Promise.all(
          parts.map(async (part) => readJsonLinesPart(part, settings, names)),
        );
        expect(blocks.flatMap(rowsOf)).toEqual(rowsOf(block));
      },
    ),
    { numRuns: 40 },
  );
});
