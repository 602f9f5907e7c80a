import { readRangeSync } from "@millrace/storage";
import type { ArrowField } from "../../arrow/arrow-type.ts";
import { badLayout } from "../../arrow/arrow-type.ts";
import { annotateBadFile } from "../bad-file.ts";
import { FlatTable } from "./flatbuffer.ts";
import type { IpcBlock } from "./ipc-message.ts";
import { headers, ipcMessage } from "./ipc-message.ts";
import { ipcFields } from "./ipc-fields.ts";

/** What an Arrow file or stream holds, without its values. */
export interface IpcContent {
  readonly fields: readonly ArrowField[];
  readonly batches: readonly IpcBatch[];
  readonly dictionaries: readonly IpcDictionary[];
}

/** A record batch, and how many of the dictionaries stand before it. */
export interface IpcBatch extends IpcBlock {
  readonly rows: number;
  readonly dictionaries: number;
}

/** Texts of a dictionary: all of it, or more of one before. */
export interface IpcDictionary extends IpcBlock {
  readonly id: number;
  readonly isDelta: boolean;
}

const MARK = "ARROW1";

/** Looks through a local file without waiting: its footer, or all messages of a stream. */
export function readIpcContent(url: string, size: number): IpcContent {
  return annotateBadFile(url, () => {
    const head = new TextDecoder().decode(readRangeSync(url, 0, Math.min(size, MARK.length)));
    return head === MARK ? fileContent(url, size) : streamContent(url, size);
  });
}

function fileContent(url: string, size: number): IpcContent {
  if (size < 20) throw badLayout("it ends behind its first bytes");
  const tail = readRangeSync(url, size - 10, 10);
  const isWhole = new TextDecoder().decode(tail.subarray(4)) === MARK;
  const length = new DataView(tail.buffer, tail.byteOffset).getInt32(0, true);
  if (!isWhole || length <= 0 || length > size - 20)
    throw badLayout("it does not end as Arrow files do");
  const footer = FlatTable.root(readRangeSync(url, size - 10 - length, length));
  const schema = footer.table(1);
  if (schema === undefined) throw badLayout("it has no schema");
  checkEndianness(schema);
  const blocks = (field: number): IpcBlock[] =>
    footer.longs(field, 3).map(([start = -1, packed = 0, body = -1]) => {
      // The second word has 32 bits of length and 32 of nothing.
      const metadata = packed % 2 ** 32;
      const isInside = start >= 0 && metadata >= 8 && body >= 0 && start + metadata + body <= size;
      if (!isInside) throw badLayout("a batch lies outside of the file");
      return { start, metadata, body };
    });
  const dictionaries = blocks(2).map((block) => dictionaryOf(block, messageOf(url, block).header));
  const batches = blocks(3).map((block) => {
    const { kind, header } = messageOf(url, block);
    if (kind !== headers.batch) throw badLayout("a block is no record batch");
    return { ...block, rows: header.long(0), dictionaries: dictionaries.length };
  });
  return { fields: ipcFields(schema), batches, dictionaries };
}

function checkEndianness(schema: FlatTable): void {
  if (schema.short(0) !== 0) throw badLayout("its numbers begin with their highest bytes");
}

function dictionaryOf(block: IpcBlock, header: FlatTable): IpcDictionary {
  return { ...block, id: header.long(0), isDelta: header.byte(2) === 1 };
}

function messageOf(url: string, block: IpcBlock): ReturnType<typeof ipcMessage> {
  return parseMessage(readRangeSync(url, block.start, block.metadata));
}

/** A message of its metadata with what stands before: a mark since version 0.15, and a length. */
export function parseMessage(bytes: Uint8Array): ReturnType<typeof ipcMessage> {
  const isMarked = new DataView(bytes.buffer, bytes.byteOffset).getInt32(0, true) === -1;
  return ipcMessage(FlatTable.root(bytes.subarray(isMarked ? 8 : 4)));
}

function streamContent(url: string, size: number): IpcContent {
  const batches: IpcBatch[] = [];
  const dictionaries: IpcDictionary[] = [];
  let fields: readonly ArrowField[] | undefined;
  for (let at = 0; at + 4 <= size;) {
    const prefix = readRangeSync(url, at, Math.min(8, size - at));
    const view = new DataView(prefix.buffer, prefix.byteOffset, prefix.length);
    const isMarked = view.getInt32(0, true) === -1;
    const length = isMarked
      ? prefix.length < 8
        ? -1
        : view.getInt32(4, true)
      : view.getInt32(0, true);
    if (length === 0) break;
    const metadata = length + (isMarked ? 8 : 4);
    if (length < 0 || at + metadata > size) throw badLayout("it is no Arrow file or stream");
    const block = { start: at, metadata, body: 0 };
    const { kind, header, body } = messageOf(url, block);
    const whole = { ...block, body };
    at += metadata + body;
    if (body < 0 || at > size) throw badLayout("it ends in a batch");
    if (kind === headers.schema) {
      checkEndianness(header);
      fields = ipcFields(header);
    } else if (kind === headers.dictionary) dictionaries.push(dictionaryOf(whole, header));
    else if (kind === headers.batch) {
      batches.push({ ...whole, rows: header.long(0), dictionaries: dictionaries.length });
    } else throw badLayout(`it has a message of unknown kind ${kind}`);
  }
  if (fields === undefined) throw badLayout("it is no Arrow file or stream");
  return { fields, batches, dictionaries };
}
