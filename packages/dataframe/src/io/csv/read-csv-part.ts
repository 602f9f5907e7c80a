import { declareExports } from "@millrace/closure/tasks";
import type { Block } from "../../column.ts";
import { dataFault } from "../../errors.ts";
import type { Typed } from "../../expr/typed.ts";
import { checkUnchanged } from "../file-version.ts";
import { localBytes } from "../local-bytes.ts";
import { readBlockRows, readStreamRows } from "../read-rows.ts";
import { CsvReader } from "./csv-reader.ts";
import type { CsvBlock, CsvFile, CsvPart, CsvSettings } from "./csv-settings.ts";
import { fileOrder } from "./file-order.ts";
import { headOf } from "./head-of.ts";
import { readHead } from "./read-head.ts";
import { recordStart } from "./record-start.ts";
import { rowFilter } from "../row-filter.ts";

/**
 * The `columns` of a partition of CSV files, in that order; of the rows for which `predicate` is
 * true, at most `limit`. Only fields of these are read, but for those that the predicate needs. A
 * promise where bytes have to be waited for.
 */
export function readCsvPart(
  { files }: CsvPart,
  settings: CsvSettings,
  columns: readonly string[],
  predicate?: Typed,
  limit?: number,
): Block | Promise<Block> {
  const filter = predicate === undefined ? undefined : rowFilter(predicate);
  const reader = new CsvReader(settings, { columns, filter, limit });
  if (files.some(({ block }) => block === undefined)) return readAny(reader, files, settings);
  for (const file of files) {
    if (file.block !== undefined && !reader.isDone) readBlock(reader, file, file.block, settings);
  }
  return reader.finish();
}

async function readAny(
  reader: CsvReader,
  files: CsvPart["files"],
  settings: CsvSettings,
): Promise<Block> {
  for (const file of files) {
    if (reader.isDone) break;
    const { url, block } = file;
    if (block !== undefined) readBlock(reader, file, block, settings);
    else {
      checkUnchanged(file);
      await readStreamRows(reader, url, settings, (bytes, isWhole) => {
        const head = readHead(bytes, isWhole, settings);
        if (head !== undefined) reader.openFile(url, fileOrder(url, head, settings));
        return head?.dataStart;
      });
    }
  }
  return reader.finish();
}

function readBlock(reader: CsvReader, file: CsvFile, block: CsvBlock, settings: CsvSettings): void {
  checkUnchanged(file);
  const { url } = file;
  const { size, start, end } = block;
  const head = block.head ?? headOf(url, size, settings);
  const order = fileOrder(url, head, settings);
  const { dataStart } = head;
  const read = (offset: number, length: number): Uint8Array => localBytes(url, offset, length);
  const { dialect, window } = settings;
  const startOf = (at: number): number =>
    recordStart({ size, dataStart, read }, at, dialect, order.length, window);
  reader.openFile(url, order);
  const next = readBlockRows(reader, url, start === 0 ? dataStart : startOf(start), block);
  if (!reader.isDone && end < size && startOf(end) !== next) throw notCut(url, end);
}

function notCut(url: string, at: number): Error {
  return dataFault(
    "dataframe/bad-file",
    `readCsv: cannot tell rows from quoted text around byte ${at} of ${url}, where a block begins. ` +
      "Give a larger blockSize, or filesPerPartition: 1 to read the file whole.",
  );
}

declareExports(import.meta.url, { readCsvPart }, { package: "@millrace/dataframe" });
