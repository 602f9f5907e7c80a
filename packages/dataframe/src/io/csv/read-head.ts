import { LF } from "./dialect.ts";
import type { CsvHead, CsvSettings } from "./csv-settings.ts";
import { splitRow } from "./split-row.ts";

/** What decides where the rows of a file begin. */
export type HeadSettings = Pick<CsvSettings, "dialect" | "header" | "skipRows">;

/**
 * What stands before the rows; undefined where the bytes end too early, unless they are the whole
 * file.
 */
export function readHead(
  bytes: Uint8Array,
  isWhole: boolean,
  { dialect, header, skipRows }: HeadSettings,
): CsvHead | undefined {
  let at = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  if (bytes.length < 3 && !isWhole) return undefined;
  for (let skipped = 0; skipped < skipRows; skipped++) {
    const end = bytes.indexOf(LF, at);
    if (end < 0)
      return isWhole ? { dataStart: bytes.length, names: header ? [] : undefined } : undefined;
    at = end + 1;
  }
  if (!header) return { dataStart: at, names: undefined };
  const row = splitRow(bytes, at, isWhole, dialect);
  if (row === undefined) return isWhole ? { dataStart: bytes.length, names: [] } : undefined;
  // A file of one column without a name is not told from an empty line, which is none.
  const names = row.fields.map(({ text }, i) => (text === "" ? `column_${i + 1}` : text));
  return { dataStart: Math.min(row.next, bytes.length), names };
}
