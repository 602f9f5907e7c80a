import { declareExports } from "@millrace/closure/tasks";
import { writeAll } from "@millrace/storage";
import type { Block } from "../../column.ts";
import { isText } from "../../dtype-traits.ts";
import { valueTexts } from "../value-texts.ts";
import { storageFault } from "../storage-fault.ts";
import type { WriteCsvSettings } from "./write-csv-options.ts";

/** Rows that become text at a time. */
const ROWS_MAX = 1_024;

/** Writes a partition to a file, of which nothing is seen before all of it is; gives the path. */
export async function writeCsvPart(
  block: Block,
  path: string,
  settings: WriteCsvSettings,
): Promise<string> {
  const { compression } = settings;
  try {
    await writeAll(path, csvTexts(block, settings), { compression });
  } catch (error) {
    throw storageFault(error);
  }
  return path;
}

/** The text of a partition, some rows at a time. */
function* csvTexts(block: Block, settings: WriteCsvSettings): Generator<string> {
  const { delimiter, header, lineEnd } = settings;
  const quoted = quoter(settings);
  if (header) yield `${block.names.map(quoted).join(delimiter)}${lineEnd}`;
  const isPlain = !/[\w.:+-]/.test(delimiter);
  const columns = block.columns.map((column) => {
    const write = valueTexts(column, isText(column.dtype) || !isPlain ? quoted : undefined);
    return (start: number, end: number): readonly (string | undefined)[] => write(start, end);
  });
  for (let start = 0; start < block.rows; start += ROWS_MAX) {
    const end = Math.min(block.rows, start + ROWS_MAX);
    yield joinRows(
      columns.map((write) => write(start, end)),
      end - start,
      settings,
    );
  }
}

function joinRows(
  columns: readonly (readonly (string | undefined)[])[],
  count: number,
  { delimiter, lineEnd, nullValue }: WriteCsvSettings,
): string {
  let text = "";
  for (let row = 0; row < count; row++) {
    for (let i = 0; i < columns.length; i++) {
      if (i > 0) text += delimiter;
      text += columns[i]?.[row] ?? nullValue;
    }
    text += lineEnd;
  }
  return text;
}

/** Puts a text in quotes where it would be read as something else without. */
function quoter({ delimiter, quote, nullValue }: WriteCsvSettings): (text: string) => string {
  const isAlways = quote === "always";
  // A mark of byte order at the beginning of a file is no part of its text.
  const special = new RegExp(`["\\r\\n\\u{feff}\\u{${delimiter.charCodeAt(0).toString(16)}}]`, "u");
  return (text) => {
    const isNeeded = text === "" || text === nullValue || special.test(text);
    return isAlways || isNeeded ? `"${text.replaceAll('"', '""')}"` : text;
  };
}

declareExports(import.meta.url, { writeCsvPart }, { package: "@millrace/dataframe" });
