import type { Block } from "../../../packages/dataframe/dist/column.js";
import type { Typed } from "../../../packages/dataframe/dist/expr/typed.js";
import { readIpcPart } from "../../../packages/dataframe/dist/io/ipc/read-ipc-part.js";
import { readIpcSource } from "../../../packages/dataframe/dist/io/ipc/read-ipc-source.js";
import { readParquetPart } from "../../../packages/dataframe/dist/io/parquet/read-parquet-part.js";
import type { ReadParquetOptions } from "../../../packages/dataframe/dist/io/parquet/read-parquet-source.js";
import { readParquetSource } from "../../../packages/dataframe/dist/io/parquet/read-parquet-source.js";
import { concatBlocks } from "../../../packages/dataframe/dist/kernels/concat.js";

/** What is asked of a reader. */
export interface Asked {
  readonly columns?: readonly string[];
  readonly predicate?: Typed;
  readonly limit?: number;
}

/** All partitions of Parquet files as one; each gets the limit. */
export async function readParquetFiles(
  urls: string | readonly string[],
  options: ReadParquetOptions = {},
  asked: Asked = {},
): Promise<Block> {
  const source = readParquetSource("readParquet", urls, options);
  const columns = asked.columns ?? source.fields.map(({ name }) => name);
  const blocks: Block[] = [];
  for (const part of source.parts as Parameters<typeof readParquetPart>[0][]) {
    const reading = source.options as Parameters<typeof readParquetPart>[1];
    blocks.push(await readParquetPart(part, reading, columns, asked.predicate, asked.limit));
  }
  return concatBlocks(blocks);
}

/** All partitions of Arrow files as one; each gets the limit. */
export async function readIpcFiles(
  urls: string | readonly string[],
  options: { readonly blockSize?: number } = {},
  asked: Asked = {},
): Promise<Block> {
  const source = readIpcSource("readArrow", urls, options);
  const columns = asked.columns ?? source.fields.map(({ name }) => name);
  const blocks: Block[] = [];
  for (const part of source.parts as Parameters<typeof readIpcPart>[0][]) {
    const reading = source.options as Parameters<typeof readIpcPart>[1];
    blocks.push(await readIpcPart(part, reading, columns, asked.predicate, asked.limit));
  }
  return concatBlocks(blocks);
}
