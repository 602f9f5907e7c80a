import { invalidArgument } from "../../errors.ts";
import type { CsvDraft, SampleSize } from "./csv-options.ts";
import type { Dialect } from "./dialect.ts";
import { prefixOf } from "../prefix-of.ts";
import { readHead } from "./read-head.ts";
import type { TextField } from "./split-row.ts";
import { splitRow } from "./split-row.ts";

/** What the beginnings of files say. */
export interface Sample {
  readonly dialect: Dialect;
  /** Of the header; undefined where there is none. */
  readonly names: readonly string[] | undefined;
  readonly rows: readonly (readonly TextField[])[];
}

/** Rows from the beginning of the first file, and of the next ones while there are too few. */
export function sampleCsv(
  api: string,
  files: readonly string[],
  draft: CsvDraft,
  { rows: rowsMax, bytes: bytesMax }: SampleSize,
): Sample | undefined {
  let bytesLeft = bytesMax;
  let sample: Sample | undefined;
  const rows: (readonly TextField[])[] = [];
  for (const url of files) {
    const prefix = wholeHead(api, url, bytesLeft, draft);
    if (prefix === undefined) break;
    const { bytes, isWhole } = prefix;
    const dialect = sample?.dialect ?? withDelimiter(bytes, isWhole, draft);
    const head = readHead(bytes, isWhole, { ...draft, dialect });
    const isOther = sample !== undefined && String(sample.names) !== String(head?.names);
    if (head === undefined || isOther) break;
    if (head.names !== undefined) checkHeader(api, url, head.names);
    const width = head.names?.length ?? 0;
    for (let at = head.dataStart; rows.length < rowsMax;) {
      const row = splitRow(bytes, at, isWhole, dialect, width === 1);
      if (row === undefined) break;
      rows.push(row.fields);
      at = row.next;
    }
    const isFilled = sample !== undefined || rows.length > 0 || (head.names?.length ?? 0) > 0;
    if (isFilled) sample = { dialect, names: head.names, rows };
    bytesLeft -= bytes.length;
    if (rows.length >= rowsMax || bytesLeft <= 0) break;
  }
  return sample;
}

/** The beginning of a file, with its header at least. */
function wholeHead(
  api: string,
  url: string,
  bytesMax: number,
  draft: CsvDraft,
): ReturnType<typeof prefixOf> {
  for (let length = bytesMax; ; length *= 4) {
    const prefix = prefixOf(api, url, length, draft);
    if (prefix === undefined || prefix.isWhole) return prefix;
    const dialect = withDelimiter(prefix.bytes, false, draft);
    const head = readHead(prefix.bytes, false, { ...draft, dialect });
    if (head !== undefined) return prefix;
  }
}

const candidates: readonly string[] = [",", ";", "\t", "|"];
const ROWS_COMPARED = 32;

/** The delimiter that gives rows the most fields, the same number in each. */
function withDelimiter(bytes: Uint8Array, isWhole: boolean, draft: CsvDraft): Dialect {
  if (draft.dialect.delimiter >= 0) return draft.dialect;
  const dialects = candidates.map((text) => ({ ...draft.dialect, delimiter: text.charCodeAt(0) }));
  const widths = dialects.map((dialect) => widthOf(bytes, isWhole, { ...draft, dialect }));
  return dialects[widths.indexOf(Math.max(...widths))] as Dialect;
}

function widthOf(bytes: Uint8Array, isWhole: boolean, draft: CsvDraft): number {
  const head = readHead(bytes, isWhole, draft);
  let width = head?.names?.length ?? 0;
  for (let at = head?.dataStart ?? bytes.length, i = 0; i < ROWS_COMPARED; i++) {
    const row = splitRow(bytes, at, isWhole, draft.dialect);
    if (row === undefined) break;
    if (width !== 0 && row.fields.length !== width) return 0;
    width = row.fields.length;
    at = row.next;
  }
  return width;
}

function checkHeader(api: string, url: string, names: readonly string[]): void {
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice === undefined) return;
  throw invalidArgument(
    api,
    `two columns of one name in ${url}`,
    twice,
    "names that differ",
    "Pass header: false, skipRows: 1 and columns to give names.",
  );
}
