import type { ColumnChunk, ParquetFooter, RowGroup } from "./footer.ts";
import { chunkFields } from "./footer.ts";
import type { ParquetColumn } from "./schema.ts";
import type { ThriftStruct, ThriftValue } from "./thrift.ts";
import { int, intOf, structs, writeThrift } from "./thrift.ts";

/** A chunk of a column whose bytes have been read. */
export interface LoadedChunk {
  readonly chunk: ColumnChunk;
  readonly bytes: Uint8Array;
}

/** Some columns of one row group. */
export interface LoadedGroup {
  readonly group: RowGroup;
  /** The chunks of all leaves of the columns, in order. */
  readonly chunks: readonly LoadedChunk[];
}

/**
 * A Parquet file of some columns and row groups of another: their bytes as they are, around a
 * footer written anew. A reader of whole files then reads a projection.
 */
export function assembleParquet(
  footer: ParquetFooter,
  columns: readonly ParquetColumn[],
  groups: readonly LoadedGroup[],
): Uint8Array {
  const pieces: Uint8Array[] = [MARK];
  let at = MARK.length;
  const rowGroups = groups.map(({ group, chunks }) => {
    const moved = chunks.map(({ chunk, bytes }) => {
      const result = movedChunk(chunk, at);
      pieces.push(bytes);
      at += bytes.length;
      return result;
    });
    return new Map([
      [1, structs(moved)],
      [
        2,
        int(
          "i64",
          chunks.reduce((sum, { chunk }) => sum + chunk.sizeDecompressed, 0),
        ),
      ],
      [3, int("i64", group.rows)],
    ]);
  });
  const rows = groups.reduce((sum, { group }) => sum + group.rows, 0);
  pieces.push(...footerBytes(elementsOf(footer, columns), rows, rowGroups));
  return Buffer.concat(pieces);
}

const MARK = new TextEncoder().encode("PAR1");

/** A footer with its length and mark: the end of a file. */
export function footerBytes(
  elements: readonly ThriftStruct[],
  rows: number,
  rowGroups: readonly ThriftStruct[],
): readonly Uint8Array[] {
  const bytes = writeThrift(
    new Map<number, ThriftValue>([
      [1, int("i32", 1)],
      [2, structs(elements)],
      [3, int("i64", rows)],
      [4, structs(rowGroups)],
    ]),
  );
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, bytes.length, true);
  return [bytes, length, MARK];
}

function elementsOf(
  footer: ParquetFooter,
  columns: readonly ParquetColumn[],
): readonly ThriftStruct[] {
  const root = new Map(footer.elements[0]);
  root.set(5, int("i32", columns.length));
  return [root, ...columns.flatMap(({ elements }) => footer.elements.slice(...elements))];
}

/** Metadata of a chunk at another place; what points at indexes elsewhere is left out. */
function movedChunk(chunk: ColumnChunk, start: number): ThriftStruct {
  const metadata = new Map<number, ThriftValue>();
  for (const [id, value] of chunk.metadata) {
    if (id === chunkFields.dataPage || id === chunkFields.dictionaryPage) {
      const at = intOf(chunk.metadata, id) ?? 0;
      // A few writers say 0 where there is no dictionary.
      if (at > 0) metadata.set(id, int("i64", at - chunk.start + start));
    } else if (id <= chunkFields.size) metadata.set(id, value);
  }
  return new Map<number, ThriftValue>([
    [2, int("i64", start)],
    [3, { type: "struct", value: metadata }],
  ]);
}
