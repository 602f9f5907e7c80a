import type { Patterns } from "@millrace/storage";
import { DataFrame } from "./dataframe.ts";
import type { Schema } from "./dtype.ts";
import type { ReadCsvOptions } from "./io/csv/csv-options.ts";
import { readCsvSource } from "./io/csv/read-csv-source.ts";
import type { ReadIpcOptions } from "./io/ipc/read-ipc-source.ts";
import { readIpcSource } from "./io/ipc/read-ipc-source.ts";
import type { ReadJsonLinesOptions } from "./io/json-lines/json-lines-options.ts";
import { readJsonLinesSource } from "./io/json-lines/read-json-lines-source.ts";
import type { ReadParquetOptions } from "./io/parquet/read-parquet-source.ts";
import { readParquetSource } from "./io/parquet/read-parquet-source.ts";
import { scan } from "./plan/sources.ts";

/** Options of a reader, with the schema that the frame is to have. */
type WithSchema<O, S extends Schema> = Omit<O, "schema"> & { readonly schema?: S };

/**
 * The rows of CSV files: paths, globs, URLs, or an array of them. Files are listed now and the
 * first one is sampled for the dtypes that no schema gives; a task reads a block of a file, the
 * columns and rows that are needed. A value that does not fit its column is an error with file and
 * line.
 *
 * @throws DataFrameError `dataframe/invalid-argument`; StorageError; in tasks `dataframe/bad-row`
 * @example
 * ```ts
 * import { float64, int32, readCsv, utf8 } from "@millrace/dataframe";
 * import { mkdtemp, writeFile } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 *
 * const file = `${await mkdtemp(`${tmpdir()}/flights-`)}/a.csv`;
 * await writeFile(file, "carrier,delay,distance\nAA,20,800\nBB,5,90\nAA,,700\n");
 * const flights = readCsv(file, { schema: { carrier: utf8, delay: int32, distance: float64 } });
 * const late = flights.filter((c) => c.delay.gt(15)).select("carrier", "distance");
 * await late.toRows(); // => [{ carrier: "AA", distance: 800 }]
 * ```
 */
export function readCsv<const S extends Schema = Schema>(
  urls: Patterns,
  options: WithSchema<ReadCsvOptions, S> = {},
): DataFrame<S> {
  return new DataFrame(scan(readCsvSource("readCsv", urls, options), {}, "readCsv"));
}

/**
 * The rows of Parquet files, folders of them or globs. Footers are read now: columns, row counts
 * and statistics are known; a task reads the chunks of the columns that are needed, of row groups
 * that a filter may match. Columns that folders name (`year=2024/`) come last.
 *
 * @throws DataFrameError `dataframe/invalid-argument`, `dataframe/bad-file`,
 * `dataframe/schema-mismatch`; StorageError
 * @example
 * ```ts
 * import { DataFrame, col, readParquet } from "@millrace/dataframe";
 * import { mkdtemp } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 *
 * const folder = await mkdtemp(`${tmpdir()}/parquet-`);
 * await DataFrame.fromRows([{ n: 1 }, { n: 2 }, { n: 3 }]).toParquet(`${folder}/part-*.parquet`);
 * const read = readParquet(folder).filter(col("n").gt(1));
 * await read.toRows(); // => [{ n: 2 }, { n: 3 }]
 * ```
 */
export function readParquet<const S extends Schema = Schema>(
  urls: Patterns,
  options: WithSchema<ReadParquetOptions, S> = {},
): DataFrame<S> {
  return new DataFrame(scan(readParquetSource("readParquet", urls, options), {}, "readParquet"));
}

/**
 * The rows of Arrow IPC files; a task reads record batches, the columns that are needed.
 *
 * @throws DataFrameError `dataframe/invalid-argument`, `dataframe/bad-file`,
 * `dataframe/schema-mismatch`; StorageError
 * @example
 * ```ts
 * import { DataFrame, readArrow } from "@millrace/dataframe";
 * import { mkdtemp } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 *
 * const folder = await mkdtemp(`${tmpdir()}/arrow-`);
 * await DataFrame.fromRows([{ word: "to" }, { word: "be" }]).toArrow(`${folder}/*.arrow`);
 * await readArrow(`${folder}/*.arrow`).toRows(); // => [{ word: "to" }, { word: "be" }]
 * ```
 */
export function readArrow<const S extends Schema = Schema>(
  urls: Patterns,
  options: ReadIpcOptions = {},
): DataFrame<S> {
  return new DataFrame(scan(readIpcSource("readArrow", urls, options), {}, "readArrow"));
}

/**
 * The rows of files that hold one JSON object a line. Dtypes that no schema gives are inferred from
 * a sample; keys that a row does not have are null.
 *
 * @throws DataFrameError `dataframe/invalid-argument`; StorageError; in tasks `dataframe/bad-row`
 * @example
 * ```ts
 * import { readJsonLines } from "@millrace/dataframe";
 * import { mkdtemp, writeFile } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 *
 * const file = `${await mkdtemp(`${tmpdir()}/lines-`)}/a.jsonl`;
 * await writeFile(file, '{"word":"to","length":2}\n{"word":"question"}\n');
 * await readJsonLines(file).toRows();
 * // => [{ word: "to", length: 2n }, { word: "question", length: null }]
 * ```
 */
export function readJsonLines<const S extends Schema = Schema>(
  urls: Patterns,
  options: WithSchema<ReadJsonLinesOptions, S> = {},
): DataFrame<S> {
  const api = "readJsonLines";
  return new DataFrame(scan(readJsonLinesSource(api, urls, options), {}, api));
}
