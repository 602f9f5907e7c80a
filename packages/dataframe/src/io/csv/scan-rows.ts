import type { Dialect } from "./dialect.ts";
import { CR, LF, isBlank } from "./dialect.ts";
import { MISSING } from "./field-table.ts";
import type { BadRows } from "../text-format.ts";
import type { FieldTable, Flaw } from "./field-table.ts";

/**
 * Finds the fields of rows that begin from `next` of the table up to, without, `stop`, until the
 * table is full, or the bytes end inside of a row, or a row is bad under the policy "error". The
 * byte before `to` is a line feed, which spares a test of the end for each byte. Empty lines and
 * comments are no rows; in a file of one column, an empty line is a row whose field is empty.
 */
export function scanRows(
  bytes: Uint8Array,
  [to, stop]: readonly [to: number, stop: number],
  dialect: Dialect,
  table: FieldTable,
  badRows: BadRows,
): void {
  const { delimiter, quote, comment, trim } = dialect;
  const { width, capacity, places, starts, ends, rowStarts } = table;
  const until = Math.min(to, stop);
  let [at, row] = [table.next, table.rows];
  table.flaw = undefined;
  rows: while (at < until && row < capacity) {
    let byte = bytes[at] as number;
    if (byte === comment || (width > 1 && isLineEnd(bytes, at))) {
      at = bytes.indexOf(LF, at) + 1;
      continue;
    }
    const begin = at;
    let column = 0;
    let flaw: Flaw | undefined;
    for (;;) {
      if (trim) while (isBlank(byte)) byte = bytes[++at] as number;
      let start = at;
      let end: number;
      if (byte === quote) {
        const close = closingQuote(bytes, at + 1, to, dialect);
        if (close === to) {
          at = begin;
          break rows;
        }
        start = close < 0 ? ~(at + 1) : at + 1;
        end = close < 0 ? close : ~close;
        at = fieldEnd(bytes, ~end + 1, dialect);
        if (at < 0) {
          at = ~at;
          end = MISSING;
          flaw = "text after a quote";
        }
        byte = bytes[at] as number;
      } else {
        while (byte !== delimiter && byte !== LF) byte = bytes[++at] as number;
        end = at;
        if (byte === LF && end > start && bytes[end - 1] === CR) end--;
        if (trim) while (end > start && isBlank(bytes[end - 1])) end--;
      }
      const place = column < width ? (places[column] as number) : -1;
      if (place >= 0) {
        starts[place + row] = start;
        ends[place + row] = end;
      }
      column++;
      at++;
      if (byte === LF) break;
      byte = bytes[at] as number;
    }
    if (flaw !== undefined || column !== width) {
      if (badRows === "error") {
        table.flaw = flaw ?? "number of fields";
        at = begin;
        break;
      }
      if (badRows === "skip") continue;
      clearFields(table, row, column);
    }
    rowStarts[row++] = begin;
  }
  table.rows = row;
  table.next = at;
}

/** Place of the quote that ends a field, ~place where escapes come before it, `to` for none. */
function closingQuote(bytes: Uint8Array, from: number, to: number, dialect: Dialect): number {
  const { quote, escape } = dialect;
  let escaped = false;
  for (let at = from; at < to; at++) {
    const byte = bytes[at];
    if (byte !== quote && byte !== escape) continue;
    if (byte === escape && (escape !== quote || bytes[at + 1] === quote)) {
      escaped = true;
      at++;
    } else return escaped ? ~at : at;
  }
  return to;
}

/** Place of what ends a field after its closing quote, ~place where there is text before that. */
function fieldEnd(bytes: Uint8Array, from: number, dialect: Dialect): number {
  const { delimiter, trim } = dialect;
  let at = from;
  if (trim) while (isBlank(bytes[at])) at++;
  if (bytes[at] === CR && bytes[at + 1] === LF) at++;
  if (bytes[at] === delimiter || bytes[at] === LF) return at;
  while (bytes[at] !== delimiter && bytes[at] !== LF) at++;
  return ~at;
}

/** Fields of a short row that it does not have. */
function clearFields({ places, ends, width }: FieldTable, row: number, from: number): void {
  for (let column = from; column < width; column++) {
    const place = places[column] as number;
    if (place >= 0) ends[place + row] = MISSING;
  }
}

function isLineEnd(bytes: Uint8Array, at: number): boolean {
  return bytes[at] === LF || (bytes[at] === CR && bytes[at + 1] === LF);
}
