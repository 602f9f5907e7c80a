import type { DataFrameError } from "../errors.ts";
import { dataFault } from "../errors.ts";

/** The api whose files are read. */
export type TextReaderName = "readCsv" | "readJsonLines";

/** What is wrong with a row, before it is known in which line of its file it is. */
export class RowFault extends Error {
  override readonly name = "RowFault";
  readonly api: TextReaderName;
  /** Place of the row in the bytes that were read. */
  readonly at: number;
  /** What is wrong, what was got and what was wanted. */
  readonly what: string;
  readonly remedy: string;

  constructor(api: TextReaderName, at: number, what: string, remedy: string) {
    super(what);
    this.api = api;
    this.at = at;
    this.what = what;
    this.remedy = remedy;
  }

  /** The error that users see. */
  inLine(line: number, url: string): DataFrameError {
    const message = `line ${line} of ${url}: ${this.what}. ${this.remedy}`;
    return dataFault("dataframe/bad-row", `${this.api}: ${message}`);
  }
}

/** What else can be done with bad rows. */
export const policies = 'pass badRows: "skip" or "null".';

/** Bytes that are no text. */
export function notUtf8(api: TextReaderName, at: number): RowFault {
  const what = "got bytes that are no UTF-8, wanted text";
  return new RowFault(api, at, what, `Set encoding, for example to "latin1", or ${policies}`);
}
