import fc from "fast-check";
import { expect, test } from "vitest";

import type { FieldTable } from "../../../packages/dataframe/dist/io/csv/field-table.js";
import { makeFieldTable } from "../../../packages/dataframe/dist/io/csv/field-table.js";
import { holdBytes, scanPlainRows } from "../../../packages/dataframe/dist/io/csv/plain-rows.js";
import { scanRows } from "../../../packages/dataframe/dist/io/csv/scan-rows.js";

const soup = fc.string({
  unit: fc.constantFrom(
    "a",
    "bb",
    "ccccccccccccccccccc",
    ",",
    ",",
    ",",
    "\n",
    "\n",
    "\r\n",
    '"',
    "#",
    "é",
  ),
  size: "max",
  maxLength: 120,
});

/** The rows of a table as places. */
function placesOf(table: FieldTable): unknown {
  const columns = Array.from(table.places).filter((place) => place >= 0);
  return Array.from({ length: table.rows }, (_, row) => [
    table.rowStarts[row],
    ...columns.flatMap((place) => [table.starts[place + row], table.ends[place + row]]),
  ]);
}

test("rows that the module finds are those of the loop, which takes over at the first that is not plain", () => {
  let plain = 0;
  fc.assert(
    fc.property(
      soup,
      fc.integer({ min: 1, max: 4 }),
      fc.constantFrom(-1, 34),
      fc.constantFrom(-1, 35),
      fc.nat({ max: 130 }),
      (text, width, quote, comment, stop) => {
        const bytes = Buffer.from(`${text}\n`);
        const dialect = { delimiter: 44, quote, escape: quote, comment, trim: false };
        const wanted = [...Array(width).keys()].filter((column) => column !== 1);
        const [ours, theirs] = [makeFieldTable(width, wanted), makeFieldTable(width, wanted)];
        const held = holdBytes(bytes, false) ?? bytes;
        scanPlainRows(bytes.length, stop, dialect, ours);
        plain += ours.rows;
        scanRows(held, [bytes.length, stop], dialect, ours, "error");
        scanRows(bytes, [bytes.length, stop], dialect, theirs, "error");
        expect(placesOf(ours)).toEqual(placesOf(theirs));
        expect([ours.next, ours.flaw]).toEqual([theirs.next, theirs.flaw]);
      },
    ),
    { numRuns: 1500 },
  );
  expect(plain).toBeGreaterThan(250);
});
