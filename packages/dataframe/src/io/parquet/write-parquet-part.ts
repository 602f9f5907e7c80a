import { ReadableStream } from "node:stream/web";
import { declareExports } from "@millrace/closure/tasks";
import { writeAll } from "@millrace/storage";
import type { RecordBatch } from "parquet-wasm";
import { arrowModule } from "../../arrow/arrow-module.ts";
import { toArrowTable } from "../../arrow/to-arrow-table.ts";
import type { Block, Column } from "../../column.ts";
import { makeBlock, makeColumn, sliceBlock } from "../../column.ts";
import type { DType, Field } from "../../dtype.ts";
import { list, struct, timestamp } from "../../dtype.ts";
import { dataFault, invalidArgument } from "../../errors.ts";
import { storageFault } from "../storage-fault.ts";
import type { ParquetModule } from "./wasm-module.ts";
import { parquetModule } from "./wasm-module.ts";

/** How a partition becomes a Parquet file. */
export interface WriteParquetSettings {
  readonly compression: ParquetCompression;
  /** Rows of a row group, at most. */
  readonly rowGroupRows: number;
}

/** How pages are made smaller. */
export type ParquetCompression = "none" | "snappy" | "gzip" | "brotli" | "lz4" | "zstd";

/** Options of a writer as a user gives them. */
export interface WriteParquetOptions {
  /** Default "snappy", which every reader knows. */
  readonly compression?: ParquetCompression;
  /** Rows of a row group, at most; default 1,048,576. */
  readonly rowGroupRows?: number;
}

/** By the numbers of parquet-wasm, which are not those of Parquet; lz4 is LZ4_RAW. */
const compressions: Readonly<Record<ParquetCompression, number>> = {
  none: 0,
  snappy: 1,
  gzip: 2,
  brotli: 3,
  lz4: 6,
  zstd: 5,
};

/** Names of the options of {@link writeParquetSettings}. */
export const writeParquetNames: readonly (keyof WriteParquetOptions)[] = [
  "compression",
  "rowGroupRows",
];

/** Options with their defaults, checked. */
export function writeParquetSettings(
  api: string,
  options: WriteParquetOptions,
): WriteParquetSettings {
  const { compression = "snappy", rowGroupRows = 1_048_576 } = options;
  if (!Object.hasOwn(compressions, compression)) {
    const wanted = `one of ${Object.keys(compressions).join(", ")}`;
    throw invalidArgument(api, "bad compression", compression, wanted);
  }
  if (!(Number.isSafeInteger(rowGroupRows) && rowGroupRows >= 1)) {
    throw invalidArgument(api, "bad rowGroupRows", rowGroupRows, "a whole number of 1 or more");
  }
  return { compression, rowGroupRows };
}

/**
 * Rows that are handed to the writer at a time. Its memory, which a thread never gives back, is
 * some copies of these rows and one row group as it will be in the file.
 */
const SLICE_ROWS_MAX = 131_072;

/**
 * Writes a partition to a Parquet file, of which nothing is seen before all of it is; gives the
 * path. Timestamps of whole seconds are written as milliseconds: Parquet has no seconds.
 */
export async function writeParquetPart(
  block: Block,
  path: string,
  fields: readonly Field[],
  settings: WriteParquetSettings,
): Promise<string> {
  const dtypes = fields.map(({ dtype }) => storedDType(dtype));
  const stored = fields.map(({ name }, i) => ({ name, dtype: dtypes[i] as DType }));
  const columns = fields.map(({ name }, i) =>
    storedColumn(block.columns[block.names.indexOf(name)] as Column, dtypes[i] as DType),
  );
  const names = fields.map(({ name }) => name);
  const bytes = parquetBytes(makeBlock(block.rows, names, columns), stored, settings);
  try {
    await writeAll(path, bytes, { compression: "none" });
  } catch (error) {
    throw storageFault(error);
  }
  return path;
}

/** The bytes of a file, a row group at a time. */
async function* parquetBytes(
  block: Block,
  fields: readonly Field[],
  { compression, rowGroupRows }: WriteParquetSettings,
): AsyncGenerator<Uint8Array> {
  const wasm = await parquetModule();
  const properties = new wasm.WriterPropertiesBuilder()
    .setCompression(compressions[compression])
    .setMaxRowGroupSize(rowGroupRows)
    .setStatisticsEnabled(STATISTICS_OF_CHUNKS)
    .build();
  let failure: { readonly error: unknown } | undefined;
  const batches = ReadableStream.from(
    recordBatches(wasm, block, fields, (error) => (failure = { error })),
  );
  try {
    yield* await wasm.transformParquetStream(batches as never, properties);
  } catch (error) {
    // The writer would tell of an error of its input in words of its own.
    throw failure === undefined ? error : failure.error;
  }
}

/** The rows in the memory of the writer, some of them at a time. */
async function* recordBatches(
  wasm: ParquetModule,
  block: Block,
  fields: readonly Field[],
  onFailure: (error: unknown) => void,
): AsyncGenerator<RecordBatch> {
  try {
    const arrow = await arrowModule();
    const count = Math.max(1, Math.ceil(block.rows / SLICE_ROWS_MAX));
    for (let i = 0; i < count; i++) {
      const end = Math.min(block.rows, (i + 1) * SLICE_ROWS_MAX);
      const slice = await toArrowTable([sliceBlock(block, i * SLICE_ROWS_MAX, end)], fields);
      const table = wasm.Table.fromIPCStream(arrow.tableToIPC(slice, "stream"));
      const batches = table.recordBatches();
      table.free();
      yield* batches;
    }
  } catch (error) {
    onFailure(error);
    throw error;
  }
}

/** Bounds a row group; those of pages make files larger, and few readers look at them. */
const STATISTICS_OF_CHUNKS = 1;

/** The dtype that Parquet has for one. */
function storedDType(dtype: DType): DType {
  if (dtype.kind === "timestamp" && dtype.unit === "s") return timestamp("ms", dtype.timezone);
  if (dtype.kind === "list") return list(storedDType(dtype.item));
  if (dtype.kind !== "struct") return dtype;
  const parts = Object.entries(dtype.fields).map(([name, part]) => [name, storedDType(part)]);
  return struct(Object.fromEntries(parts) as Record<string, DType>);
}

function storedColumn(column: Column, dtype: DType): Column {
  if (column.dtype === dtype) return column;
  const { length, valid, children } = column;
  if (dtype.kind === "timestamp" && column.dtype.kind === "timestamp") {
    if (column.dtype.unit === dtype.unit) return column;
    return makeColumn(dtype, length, { values: milliseconds(column), valid });
  }
  if (dtype.kind === "list") {
    const items = children.map((child) => storedColumn(child, dtype.item));
    return makeColumn(dtype, length, { ...column, children: items });
  }
  if (dtype.kind !== "struct") return column;
  const parts = Object.values(dtype.fields);
  const stored = children.map((child, i) => storedColumn(child, parts[i] as DType));
  return makeColumn(dtype, length, { ...column, children: stored });
}

function milliseconds({ values, valid }: Column): BigInt64Array {
  return (values as BigInt64Array).map((seconds, i) => {
    if (valid !== undefined && valid[i] === 0) return 0n;
    const ms = seconds * 1_000n;
    if (BigInt.asIntN(64, ms) === ms) return ms;
    const message =
      `toParquet: a timestamp has no milliseconds of 64 bits, got ${seconds} seconds, ` +
      "wanted what Parquet can hold. Cast the column to int64 before.";
    throw dataFault("dataframe/overflow", message);
  });
}

declareExports(import.meta.url, { writeParquetPart }, { package: "@millrace/dataframe" });
