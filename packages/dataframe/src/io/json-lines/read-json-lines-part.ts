import { declareExports } from "@millrace/closure/tasks";
import type { Block } from "../../column.ts";
import type { Typed } from "../../expr/typed.ts";
import type { FileBlock } from "../file-blocks.ts";
import { checkUnchanged } from "../file-version.ts";
import { localBytes } from "../local-bytes.ts";
import { readBlockRows, readStreamRows } from "../read-rows.ts";
import { rowFilter } from "../row-filter.ts";
import { JsonLinesReader } from "./json-reader.ts";
import type { JsonLinesPart, JsonLinesSettings } from "./json-settings.ts";

/**
 * The `columns` of a partition of files of JSON lines, in that order; of the rows for which
 * `predicate` is true, at most `limit`. A promise where bytes have to be waited for.
 */
export function readJsonLinesPart(
  { files }: JsonLinesPart,
  settings: JsonLinesSettings,
  columns: readonly string[],
  predicate?: Typed,
  limit?: number,
): Block | Promise<Block> {
  const filter = predicate === undefined ? undefined : rowFilter(predicate);
  const reader = new JsonLinesReader(settings, { columns, filter, limit });
  if (files.some(({ block }) => block === undefined)) return readAny(reader, files, settings);
  for (const file of files) {
    if (file.block !== undefined && !reader.isDone) readBlock(reader, file, file.block);
  }
  return reader.finish();
}

async function readAny(
  reader: JsonLinesReader,
  files: JsonLinesPart["files"],
  settings: JsonLinesSettings,
): Promise<Block> {
  for (const file of files) {
    if (reader.isDone) break;
    const { url, block } = file;
    if (block !== undefined) readBlock(reader, file, block);
    else {
      checkUnchanged(file);
      reader.openFile(url);
      await readStreamRows(reader, url, settings, () => 0);
    }
  }
  return reader.finish();
}

/** Lines are rows, so that a row begins behind the first line end that is not before the block. */
function readBlock(
  reader: JsonLinesReader,
  file: FileBlock,
  block: NonNullable<FileBlock["block"]>,
): void {
  checkUnchanged(file);
  const { url } = file;
  reader.openFile(url);
  const { start, size } = block;
  readBlockRows(reader, url, start === 0 ? 0 : lineStart(url, start, size), block);
}

const LF = 10;
const CHUNK_BYTES = 1 << 16;

function lineStart(url: string, at: number, size: number): number {
  for (let offset = at - 1; offset < size; offset += CHUNK_BYTES) {
    const bytes = localBytes(url, offset, Math.min(CHUNK_BYTES, size - offset));
    const place = bytes.indexOf(LF);
    if (place >= 0) return offset + place + 1;
  }
  return size;
}

declareExports(import.meta.url, { readJsonLinesPart }, { package: "@millrace/dataframe" });
