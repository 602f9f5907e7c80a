import { declareExports } from "@millrace/closure/tasks";
import { writeAll } from "@millrace/storage";
import { arrowModule } from "../../arrow/arrow-module.ts";
import { toArrowTable } from "../../arrow/to-arrow-table.ts";
import type { Block, Column } from "../../column.ts";
import { makeBlock, makeColumn } from "../../column.ts";
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
 * Writes a partition to a Parquet file, of which nothing is seen before all of it is; gives the
 * path. Timestamps of whole seconds are written as milliseconds: Parquet has no seconds.
 */
export async function writeParquetPart(
  block: Block,
  path: string,
  fields: readonly Field[],
  settings: WriteParquetSettings,
): Promise<string> {
  const [arrow, wasm] = await Promise.all([arrowModule(), parquetModule()]);
  const dtypes = fields.map(({ dtype }) => storedDType(dtype));
  const stored = fields.map(({ name }, i) => ({ name, dtype: dtypes[i] as DType }));
  const columns = fields.map(({ name }, i) =>
    storedColumn(block.columns[block.names.indexOf(name)] as Column, dtypes[i] as DType),
  );
  const names = fields.map(({ name }) => name);
  const table = await toArrowTable([makeBlock(block.rows, names, columns)], stored);
  const bytes = parquetBytes(wasm, arrow.tableToIPC(table, "stream"), settings);
  try {
    await writeAll(path, [bytes], { compression: "none" });
  } catch (error) {
    throw storageFault(error);
  }
  return path;
}

function parquetBytes(
  wasm: ParquetModule,
  ipc: Uint8Array,
  { compression, rowGroupRows }: WriteParquetSettings,
): Uint8Array {
  const properties = new wasm.WriterPropertiesBuilder()
    .setCompression(compressions[compression])
    .setMaxRowGroupSize(rowGroupRows)
    .setStatisticsEnabled(STATISTICS_OF_CHUNKS)
    .build();
  return wasm.writeParquet(wasm.Table.fromIPCStream(ipc), properties);
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
