import { badLayout } from "../../arrow/arrow-type.ts";
import type { ParquetColumn } from "./schema.ts";
import { parquetColumns } from "./schema.ts";
import type { ThriftStruct } from "./thrift.ts";
import { bytesOf, intOf, readThrift, structOf, structsOf, textOf } from "./thrift.ts";

/** What the end of a file says of all of it. */
export interface ParquetFooter {
  /** As it was read, to be written anew. */
  readonly elements: readonly ThriftStruct[];
  readonly columns: readonly ParquetColumn[];
  readonly rowGroups: readonly RowGroup[];
  /** The schema that Arrow wrote into the file, in base64. */
  readonly arrowSchema: string | undefined;
}

/** Some thousand rows of all columns. */
export interface RowGroup {
  readonly rows: number;
  readonly raw: ThriftStruct;
  /** One a leaf of the schema. */
  readonly chunks: readonly ColumnChunk[];
}

/** The values of one leaf in one row group. */
export interface ColumnChunk {
  readonly raw: ThriftStruct;
  readonly metadata: ThriftStruct;
  /** Where its bytes begin in the file, and how many there are. */
  readonly start: number;
  readonly size: number;
  readonly sizeDecompressed: number;
  readonly codec: number;
  readonly values: number;
  readonly statistics: ChunkStatistics;
}

/** Bounds of values as bytes, where the file has them. */
export interface ChunkStatistics {
  readonly min: Uint8Array | undefined;
  readonly max: Uint8Array | undefined;
  /** Bounds whose order nobody wrote down; sound for numbers with a sign only. */
  readonly oldMin: Uint8Array | undefined;
  readonly oldMax: Uint8Array | undefined;
  readonly nulls: number | undefined;
}

/** Numbers of fields of a column chunk's metadata. */
export const chunkFields = {
  codec: 4,
  values: 5,
  sizeDecompressed: 6,
  size: 7,
  dataPage: 9,
  indexPage: 10,
  dictionaryPage: 11,
  statistics: 12,
};

/** The length of a footer from the last 8 bytes of a file of a size. */
export function footerLength(tail: Uint8Array, size: number): number {
  if (tail.length < 12) throw badLayout(`it has ${tail.length} bytes, too few for a Parquet file`);
  const view = new DataView(tail.buffer, tail.byteOffset, tail.byteLength);
  const mark = view.getUint32(tail.length - 4, true);
  if (mark === ENCRYPTED_MARK) throw badLayout("its footer is encrypted");
  if (mark !== MARK) throw badLayout("it does not end as a Parquet file does");
  const length = view.getUint32(tail.length - 8, true);
  if (length > size - 12) throw badLayout(`its footer has ${length} bytes, the file ${size}`);
  return length;
}

/** `PAR1` as a number. */
const MARK = 0x31524150;
const ENCRYPTED_MARK = 0x45524150;

/** A footer from its bytes; `size` is that of the file, in which all chunks must lie. */
export function parseFooter(bytes: Uint8Array, size: number): ParquetFooter {
  const { value: raw } = readThrift(bytes);
  const elements = structsOf(raw, 2);
  const columns = parquetColumns(elements);
  const leaves = columns.at(-1)?.leaves[1] ?? 0;
  const rowGroups = structsOf(raw, 4).map((group) => rowGroupOf(group, leaves, size));
  const pairs = structsOf(raw, 5);
  const arrow = pairs.find((pair) => textOf(pair, 1) === "ARROW:schema");
  return { elements, columns, rowGroups, arrowSchema: arrow && textOf(arrow, 2) };
}

function rowGroupOf(raw: ThriftStruct, leaves: number, size: number): RowGroup {
  const chunks = structsOf(raw, 1).map((chunk) => chunkOf(chunk, size));
  const rows = intOf(raw, 3) ?? -1;
  if (chunks.length !== leaves || rows < 0) {
    throw badLayout(`a row group has ${chunks.length} columns and ${rows} rows, wanted ${leaves}`);
  }
  return { rows, raw, chunks };
}

function chunkOf(raw: ThriftStruct, size: number): ColumnChunk {
  const metadata = structOf(raw, 3);
  if (metadata === undefined || raw.has(1)) throw badLayout("a column is in another file");
  const data = intOf(metadata, chunkFields.dataPage) ?? -1;
  const dictionary = intOf(metadata, chunkFields.dictionaryPage) ?? 0;
  const start = dictionary > 0 && dictionary < data ? dictionary : data;
  const length = intOf(metadata, chunkFields.size) ?? -1;
  if (!(start >= 4 && length >= 0 && start + length <= size)) {
    throw badLayout(`a column has the bytes ${start} to ${start + length}, the file ${size}`);
  }
  const given = structOf(metadata, chunkFields.statistics) ?? new Map<number, never>();
  return {
    raw,
    metadata,
    start,
    size: length,
    sizeDecompressed: intOf(metadata, chunkFields.sizeDecompressed) ?? 0,
    codec: intOf(metadata, chunkFields.codec) ?? 0,
    values: intOf(metadata, chunkFields.values) ?? 0,
    statistics: {
      min: bytesOf(given, 6),
      max: bytesOf(given, 5),
      oldMin: bytesOf(given, 2),
      oldMax: bytesOf(given, 1),
      nulls: intOf(given, 3),
    },
  };
}
