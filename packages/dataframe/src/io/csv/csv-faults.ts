import { quoteValue } from "@millrace/graph/tasks";
import type { DType } from "../../dtype.ts";
import { dtypeText } from "../../dtype-traits.ts";
import { RowFault, policies } from "../row-fault.ts";

/** A row that does not have one field a column. */
export function raggedRow(at: number, got: number, names: readonly string[]): RowFault {
  const few = got < names.length ? "too few" : "too many";
  const what = `${few} fields, got ${got}, wanted ${names.length} (${names.join(", ")})`;
  return new RowFault("readCsv", at, what, `Repair the row, or ${policies}`);
}

/** A row with text between a closing quote and the delimiter. */
export function textAfterQuote(at: number): RowFault {
  const what = 'text after a closing quote, got a field such as "a"b, wanted a delimiter there';
  return new RowFault(
    "readCsv",
    at,
    what,
    `Double quotes inside of quotes, set quote or escape, or ${policies}`,
  );
}

/** A quoted field that does not end. */
export function openQuote(at: number, bytes: number): RowFault {
  const what = `a quoted field has no end, got ${bytes} bytes, wanted a closing quote`;
  return new RowFault(
    "readCsv",
    at,
    what,
    "Repair the row, or set quote: null if quotes are text.",
  );
}

/** A field that is no value of its column. */
export function badValue(
  at: number,
  column: string,
  dtype: DType,
  text: string,
  isInferred: boolean,
): RowFault {
  const what = `column ${quoteValue(column)} got ${quoteValue(text)}, wanted ${dtypeText(dtype)}`;
  const remedy = isInferred
    ? "The dtype was inferred from the first rows: give a schema such as " +
      `{ ${JSON.stringify(column)}: utf8 }`
    : "Repair the value, give the column another dtype";
  return new RowFault("readCsv", at, what, `${remedy}, or ${policies}`);
}
