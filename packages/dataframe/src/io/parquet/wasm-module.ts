import type * as parquet from "parquet-wasm";

/** What parquet-wasm exports. */
export type ParquetModule = typeof parquet;

let loading: Promise<ParquetModule> | undefined;

/** The module, compiled by the first task of a thread that needs it; it takes some 40 ms. */
export function parquetModule(): Promise<ParquetModule> {
  loading ??= import("parquet-wasm");
  return loading;
}
