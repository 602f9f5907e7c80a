import type { ArrowArray } from "../../arrow/arrow-array.ts";
import type { ArrowType } from "../../arrow/arrow-type.ts";
import { badLayout, childTypes } from "../../arrow/arrow-type.ts";
import type { ByteRange } from "../read-bytes.ts";
import type { FlatTable } from "./flatbuffer.ts";

/** Where a message lies in a file: its metadata, behind which its body comes. */
export interface IpcBlock {
  readonly start: number;
  readonly metadata: number;
  readonly body: number;
}

/** Numbers of what messages hold. */
export const headers = { schema: 1, dictionary: 2, batch: 3 };

/** A message, as its metadata tells. */
export interface IpcMessage {
  readonly kind: number;
  readonly header: FlatTable;
  readonly body: number;
}

/** The message of a root table. */
export function ipcMessage(root: FlatTable): IpcMessage {
  const header = root.table(2);
  if (header === undefined) throw badLayout("a message has no header");
  return { kind: root.byte(1), header, body: root.long(3) };
}

/** Arrays of a record batch, of which the buffers are still to be read. */
export interface BatchLayout {
  readonly rows: number;
  readonly columns: readonly ColumnLayout[];
  readonly compression: IpcCompression;
}

/** How the buffers of a batch are compressed, each for itself. */
export type IpcCompression = "none" | "lz4" | "zstd";

/** One column of a batch: its buffers in the body, children within. */
export interface ColumnLayout {
  readonly type: ArrowType;
  readonly length: number;
  readonly nulls: number;
  /** By the order of Arrow: validity, then offsets or values, then values. */
  readonly buffers: readonly ByteRange[];
  readonly children: readonly ColumnLayout[];
}

/** How a record batch lays out columns of some types. */
export function batchLayout(batch: FlatTable, types: readonly ArrowType[]): BatchLayout {
  const nodes = batch.longs(1, 2);
  const buffers = batch.longs(2, 2);
  const variadic = batch.longs(4, 1);
  let [node, buffer, view] = [0, 0, 0];
  const layout = (type: ArrowType): ColumnLayout => {
    const [length = -1, nulls = 0] = nodes[node++] ?? [];
    const isView = type.kind === "utf8" && type.layout === "view";
    const extra = isView || isViewLike(type) ? (variadic[view++]?.[0] ?? 0) : 0;
    const count = bufferCount(type) + extra;
    const own = buffers
      .slice(buffer, buffer + count)
      .map(([start = -1, size = -1]) => ({ start, size }));
    buffer += count;
    if (length < 0 || own.length !== count) throw badLayout("a batch lacks nodes or buffers");
    const inner = type.kind === "dictionary" ? [] : childTypes(type);
    return { type, length, nulls, buffers: own, children: inner.map(layout) };
  };
  const columns = types.map(layout);
  return { rows: batch.long(0), columns, compression: compressionOf(batch) };
}

function compressionOf(batch: FlatTable): IpcCompression {
  const compression = batch.table(3);
  if (compression === undefined) return "none";
  const [codec, method] = [compression.byte(0), compression.byte(1)];
  if (codec > 1 || method !== 0) throw badLayout("its buffers are compressed in an unknown way");
  return codec === 0 ? "lz4" : "zstd";
}

function isViewLike(type: ArrowType): boolean {
  return type.kind === "other" && type.text.endsWith("_view") && !type.text.includes("list");
}

/** Buffers of a type beside those of its children. */
function bufferCount(type: ArrowType): number {
  switch (type.kind) {
    case "null":
      return 0;
    case "struct":
    case "fixedList":
      return 1;
    case "utf8":
      return type.layout === "view" ? 2 : 3;
    case "int":
    case "float":
    case "bool":
    case "bytes":
    case "date":
    case "timestamp":
    case "decimal":
    case "list":
    case "dictionary":
      return 2;
    case "other":
      return otherBuffers[type.text] ?? 2;
  }
}

/** Buffers of types that are passed over. */
const otherBuffers: Readonly<Record<string, number>> = {
  binary: 3,
  large_binary: 3,
  run_end_encoded: 0,
  union: 1,
  list_view: 3,
  large_list_view: 3,
};

/** Ranges of all buffers of a column, those of children as well. */
export function rangesOf({ buffers, children }: ColumnLayout): readonly ByteRange[] {
  return [...buffers, ...children.flatMap(rangesOf)];
}

/** An array over the bytes of its buffers, which come in the order of {@link rangesOf}. */
export function ipcArray(
  layout: ColumnLayout,
  bytes: Iterator<Uint8Array>,
  dictionaries: (id: number) => readonly ArrowArray[],
): ArrowArray {
  const { type, length, nulls, buffers } = layout;
  const own = buffers.map(() => bytes.next().value as Uint8Array);
  const [bits, first, second] = own;
  const hasOffsets = (type.kind === "utf8" && type.layout !== "view") || type.kind === "list";
  return {
    type,
    length,
    bitOffset: 0,
    // A writer may leave bits out where no row is null.
    validity: nulls > 0 && bits !== undefined && bits.length > 0 ? bits : undefined,
    offsets: hasOffsets ? first : undefined,
    values: hasOffsets ? second : first,
    variadic: own.slice(2),
    children: layout.children.map((child) => ipcArray(child, bytes, dictionaries)),
    dictionary: type.kind === "dictionary" ? dictionaries(type.id) : [],
  };
}
