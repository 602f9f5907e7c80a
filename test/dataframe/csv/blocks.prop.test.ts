import fc from "fast-check";
import { expect, test } from "vitest";

import { utf8 } from "../../../packages/dataframe/dist/dtype.js";
import type { CsvPart, CsvSettings } from "../../../packages/dataframe/dist/io/csv/csv-settings.js";
import { readCsvPart } from "../../../packages/dataframe/dist/io/csv/read-csv-part.js";
import type { Block } from "../../../packages/dataframe/dist/column.js";
import { valuesOf } from "../../lib/dataframe/columns.ts";
import { file } from "../../lib/dataframe/csv-files.ts";
import type { ReferenceDialect } from "../../lib/dataframe/reference-csv.ts";
import { referenceRows } from "../../lib/dataframe/reference-csv.ts";

const dialects: readonly ReferenceDialect[] = [
  { delimiter: ",", quote: '"', escape: '"', comment: null, trim: false },
  { delimiter: ",", quote: '"', escape: '"', comment: "#", trim: true },
  { delimiter: ";", quote: "'", escape: "\\", comment: null, trim: false },
  { delimiter: ",", quote: '"', escape: "\\", comment: "#", trim: true },
  { delimiter: ",", quote: null, escape: null, comment: "#", trim: false },
];

/** Files of the characters that mean something, and few others. */
function soups({ delimiter, quote, escape }: ReferenceDialect): fc.Arbitrary<string> {
  const special = [delimiter, "\n", "\r\n", quote ?? '"', escape ?? "\\"];
  const pieces = [...special, ...special, "\r", "a", "b", "#", " ", "é"];
  return fc.string({ unit: fc.constantFrom(...pieces), size: "max", maxLength: 30 });
}

/** Tables as programs write them: quotes where needed and where not, either line end. */
function tables(dialect: ReferenceDialect, width: number): fc.Arbitrary<string> {
  const { delimiter, quote, escape } = dialect;
  const text = fc.string({
    unit: fc.constantFrom("a", "b", delimiter, "\n", "\r\n", quote ?? "q", escape ?? "e", " x"),
    maxLength: 6,
  });
  const field = fc.tuple(text, fc.boolean()).map(([content, isQuoted]) => {
    const bare = content.replaceAll(/[\r\n]/g, "").replaceAll(delimiter, "");
    if (quote === null) return bare;
    const isPlain = bare === content && !content.trimStart().startsWith(quote);
    if (isPlain && !isQuoted) return content;
    const escaped =
      escape === quote ? content : content.replaceAll(escape ?? "", `${escape}${escape}`);
    return quote + escaped.replaceAll(quote, `${escape}${quote}`) + quote;
  });
  const row = fc.array(field, { minLength: width, maxLength: width });
  return fc
    .tuple(
      fc.array(row, { size: "max", maxLength: 6 }),
      fc.constantFrom("\n", "\r\n"),
      fc.boolean(),
    )
    .map(([rows, lineEnd, isEnded]) => {
      const text = rows.map((fields) => fields.join(delimiter)).join(lineEnd);
      return isEnded ? text + lineEnd : text;
    });
}

function settings(
  { delimiter, quote, escape, comment, trim }: ReferenceDialect,
  width: number,
  window: number,
  badRows: CsvSettings["badRows"],
): CsvSettings {
  const byte = (text: string | null): number => text?.charCodeAt(0) ?? -1;
  return {
    dialect: {
      delimiter: byte(delimiter),
      quote: byte(quote),
      escape: byte(escape),
      comment: byte(comment),
      trim,
    },
    header: false,
    skipRows: 0,
    fields: Array.from({ length: width }, (_, i) => ({ name: `c${i}`, dtype: utf8 })),
    inferred: [],
    nullValues: [""],
    point: 46,
    badRows,
    compression: "none",
    encoding: "utf8",
    includePath: undefined,
    dictionary: "auto",
    window,
  };
}

/** The rows of a file that is cut into blocks of a size. */
function readCut(path: string, size: number, blockSize: number, options: CsvSettings): unknown[][] {
  const names = options.fields.map(({ name }) => name);
  const head = { dataStart: 0, names: undefined };
  const version = { url: path, size, modifiedMs: undefined };
  return Array.from({ length: Math.ceil(size / blockSize) }, (_, i) => {
    const [start, end] = [i * blockSize, Math.min(size, (i + 1) * blockSize)];
    const part: CsvPart = { files: [{ ...version, block: { start, end, size, head } }] };
    const block = readCsvPart(part, options, names) as Block;
    const columns = block.columns.map(valuesOf);
    return Array.from({ length: block.rows }, (_, row) => columns.map((values) => values[row]));
  }).flat();
}

/** What rows are under a policy; undefined where there is an error. */
function expected(
  text: string,
  dialect: ReferenceDialect,
  width: number,
  badRows: CsvSettings["badRows"],
): unknown[][] | undefined {
  const rows: unknown[][] = [];
  // Places are of characters, and files have bytes; each character of this one is a byte.
  const bytes = Buffer.from(text).toString("latin1");
  for (const { fields, isOpen } of referenceRows(bytes, dialect, width === 1)) {
    if (isOpen) return undefined;
    const isBad = fields.length !== width || fields.some((field) => field.isBad);
    if (isBad && badRows === "error") return undefined;
    if (isBad && badRows === "skip") continue;
    const row = Array.from({ length: width }, (_, i) => {
      const field = fields[i];
      if (field === undefined || field.isBad) return null;
      if (!field.isQuoted && field.text === "") return null;
      return Buffer.from(field.text, "latin1").toString();
    });
    rows.push(row);
  }
  return rows;
}

/** Rows, or the code of the error. */
function attempt(read: () => unknown[][]): unknown {
  try {
    return read();
  } catch (error) {
    return (error as { code?: unknown }).code ?? error;
  }
}

const sizes = (size: number): number[] => Array.from({ length: size }, (_, i) => i + 1);

const cases = fc
  .tuple(fc.constantFrom(...dialects), fc.constantFrom(1, 2, 3))
  .chain(([dialect, width]) =>
    fc.record({
      dialect: fc.constant(dialect),
      width: fc.constant(width),
      text: fc.oneof(soups(dialect), tables(dialect, width)),
      badRows: fc.constantFrom<CsvSettings["badRows"]>("error", "skip", "null"),
    }),
  );

test("rows are those of the reference, at every size of blocks", () => {
  fc.assert(
    fc.property(cases, ({ dialect, width, text, badRows }) => {
      const path = file(text);
      const size = Buffer.byteLength(text);
      const wanted = expected(text, dialect, width, badRows) ?? "dataframe/bad-row";
      const options = settings(dialect, width, 1 << 16, badRows);
      for (const blockSize of sizes(size)) {
        expect(attempt(() => readCut(path, size, blockSize, options))).toEqual(wanted);
      }
    }),
    { numRuns: 40 },
  );
});

test("blocks that see little around them give the same rows, or say that they cannot", () => {
  let [right, unsure] = [0, 0];
  fc.assert(
    fc.property(cases, fc.integer({ min: 0, max: 12 }), ({ dialect, width, text }, window) => {
      const path = file(text);
      const size = Buffer.byteLength(text);
      const wanted = expected(text, dialect, width, "error");
      const options = settings(dialect, width, window, "error");
      for (const blockSize of [1, 2, 3, 5, 8, 13, 21].filter((each) => each <= size)) {
        const got = attempt(() => readCut(path, size, blockSize, options));
        if (wanted === undefined || got === "dataframe/bad-file") {
          expect(got).toMatch(/^dataframe\/bad-(?:row|file)$/);
          unsure++;
        } else {
          expect(got).toEqual(wanted);
          right++;
        }
      }
    }),
    { numRuns: 100 },
  );
  expect(right).toBeGreaterThan(unsure / 10);
});
