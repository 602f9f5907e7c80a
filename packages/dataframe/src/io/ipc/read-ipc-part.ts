import { declareExports } from "@millrace/closure/tasks";
import type { ArrowArray } from "../../arrow/arrow-array.ts";
import { columnOfArrow } from "../../arrow/arrow-array.ts";
import type { ArrowType } from "../../arrow/arrow-type.ts";
import { badLayout } from "../../arrow/arrow-type.ts";
import { encodeTexts } from "../../arrow/encode-texts.ts";
import type { Block } from "../../column.ts";
import { makeBlock, sliceBlock } from "../../column.ts";
import type { DType } from "../../dtype.ts";
import type { Typed } from "../../expr/typed.ts";
import { columnNode, columnsOf } from "../../expr/typed.ts";
import { concatBlocks } from "../../kernels/concat.ts";
import { nullColumn } from "../../kernels/null-column.ts";
import { runStage } from "../../stage/run-stage.ts";
import { badFile } from "../bad-file.ts";
import { checkUnchanged } from "../file-version.ts";
import { readBytes, readRanges } from "../read-bytes.ts";
import { inflatedBuffers } from "./inflated-buffers.ts";
import { parseMessage } from "./ipc-file.ts";
import type { IpcBlock, ColumnLayout, IpcCompression } from "./ipc-message.ts";
import { batchLayout, headers, ipcArray, rangesOf } from "./ipc-message.ts";
import type { IpcPart, IpcReading } from "./read-ipc-source.ts";

/**
 * The columns asked for of the rows of a partition for which `predicate` is true, `limit` of them
 * at most. The buffers of these columns are read, and no others.
 */
export async function readIpcPart(
  part: IpcPart,
  reading: IpcReading,
  columns: readonly string[],
  predicate: Typed | undefined,
  limit: number | undefined,
): Promise<Block> {
  checkUnchanged(part);
  const read = columnsOf(predicate === undefined ? [] : [predicate]);
  const names = [...new Set([...columns, ...read])];
  const dtypes = new Map(reading.fields.map(({ name, dtype }) => [name, dtype]));
  const outputs = columns.map((name) => ({
    name,
    value: columnNode(name, dtypes.get(name) as DType),
  }));
  const empty = columns.map((name) => nullColumn(dtypes.get(name) as DType, 0));
  const found: Block[] = [makeBlock(0, columns, empty)];
  const dictionaries = new Map<number, ArrowArray>();
  let rows = 0;
  for (const [number, batch] of part.batches.entries()) {
    if (limit !== undefined && rows >= limit) break;
    try {
      const arrays = await readBatch(part, batch, names, dictionaries);
      const parts = arrays.map((array) => encodeTexts(columnOfArrow(array, false)));
      if (parts.some(({ length }) => length !== batch.rows))
        throw badLayout("columns differ in length");
      const block = makeBlock(batch.rows, names, parts);
      const passed =
        predicate === undefined
          ? makeBlock(batch.rows, columns, parts.slice(0, columns.length))
          : runStage(block, { filter: predicate, outputs });
      found.push(passed);
      rows += passed.rows;
    } catch (error) {
      throw badFile(part.url, error, `record batch ${number} of its partition`);
    }
  }
  const all = concatBlocks(found);
  return limit === undefined ? all : sliceBlock(all, 0, Math.min(limit, all.rows));
}

type Dictionaries = Map<number, ArrowArray>;

async function readBatch(
  part: IpcPart,
  batch: IpcPart["batches"][number],
  names: readonly string[],
  dictionaries: Dictionaries,
): Promise<readonly ArrowArray[]> {
  const { header } = await messageOf(part.url, batch, headers.batch);
  const types = part.columns.map(({ type }) => type);
  const { rows, columns, compression } = batchLayout(header, types);
  if (rows !== batch.rows) throw badLayout("it has changed since it was looked at");
  const places = names.map((name) => part.columns.findIndex((column) => column.name === name));
  const wanted = places.map((at) => columns[at] as ColumnLayout);
  for (const { type } of wanted)
    await loadDictionaries(part, type, batch.dictionaries, dictionaries);
  const parts = (id: number): readonly ArrowArray[] =>
    inForce(part, id, batch.dictionaries).map((at) => dictionaries.get(at) as ArrowArray);
  return arraysOf(part.url, batch, wanted, compression, parts);
}

async function messageOf(
  url: string,
  { start, metadata }: IpcBlock,
  kind: number,
): Promise<ReturnType<typeof parseMessage>> {
  const message = parseMessage(await readBytes(url, start, metadata));
  if (message.kind === kind) return message;
  throw badLayout("it has changed since it was looked at");
}

/** The bytes of columns of a message, as arrays. */
async function arraysOf(
  url: string,
  block: IpcBlock,
  columns: readonly ColumnLayout[],
  compression: IpcCompression,
  dictionaries: (id: number) => readonly ArrowArray[],
): Promise<readonly ArrowArray[]> {
  const body = block.start + block.metadata;
  const ranges = columns.flatMap(rangesOf).map(({ start, size }) => {
    const isInside = start >= 0 && size >= 0 && start + size <= block.body;
    if (!isInside) throw badLayout("a buffer lies outside of its batch");
    return { start: body + start, size };
  });
  const stored = await readRanges(url, ranges);
  const bytes = (await inflatedBuffers(stored, compression)).values();
  return columns.map((column) => ipcArray(column, bytes, dictionaries));
}

/** Numbers of the dictionary messages that make the dictionary `id` of a batch: all, then more. */
function inForce({ dictionaries }: IpcPart, id: number, before: number): readonly number[] {
  const found: number[] = [];
  for (let at = 0; at < before; at++) {
    const one = dictionaries[at];
    if (one?.id !== id) continue;
    if (!one.isDelta) found.length = 0;
    found.push(at);
  }
  return found;
}

/** Reads the dictionaries that a type needs, each once a partition. */
async function loadDictionaries(
  part: IpcPart,
  type: ArrowType,
  before: number,
  known: Dictionaries,
): Promise<void> {
  if (type.kind === "struct") {
    for (const field of type.fields) await loadDictionaries(part, field.type, before, known);
  }
  if (type.kind === "list" || type.kind === "fixedList") {
    await loadDictionaries(part, type.item.type, before, known);
  }
  if (type.kind !== "dictionary") return;
  await loadDictionaries(part, type.value, before, known);
  for (const at of inForce(part, type.id, before)) {
    const block = part.dictionaries[at];
    if (known.has(at) || block === undefined) continue;
    const { header } = await messageOf(part.url, block, headers.dictionary);
    const batch = header.table(1);
    if (batch === undefined) throw badLayout("a dictionary has no batch");
    const { columns, compression } = batchLayout(batch, [type.value]);
    const nested = (id: number): readonly ArrowArray[] =>
      inForce(part, id, before).map((one) => known.get(one) as ArrowArray);
    const [array] = await arraysOf(part.url, block, columns, compression, nested);
    known.set(at, array as ArrowArray);
  }
}

declareExports(import.meta.url, { readIpcPart }, { package: "@millrace/dataframe" });
