import os from "node:os";
import { parseBytes } from "@millrace/graph";
import type { Compression, Patterns } from "@millrace/storage";
import { compressionOf, globSync } from "@millrace/storage";
import { invalidArgument } from "../errors.ts";
import type { FileVersion } from "./file-version.ts";
import { versionOf } from "./file-version.ts";

/** A file, or a block of it. Plain data. */
export interface FileBlock extends FileVersion {
  /** The bytes in which rows begin; undefined: the whole file, as a stream. */
  readonly block:
    { readonly start: number; readonly end: number; readonly size: number } | undefined;
}

/** How files become partitions. */
export interface CutOptions {
  readonly blockSize?: number | string;
  readonly filesPerPartition?: number;
}

/** Bytes of a block unless a user says so: columns of a few of them fit into any memory. */
const BLOCK_BYTES_MAX = 32_000_000;
/** Less would be more work for the plan than for the tasks. */
const BLOCK_BYTES_MIN = 4_000_000;
/** Blocks that each thread should get, so that none waits for the last. */
const BLOCKS_PER_THREAD = 4;

/** The files that patterns stand for, as they are now. */
export function filesOf(api: string, urls: Patterns): readonly FileVersion[] {
  if (typeof urls !== "string" && !(urls instanceof URL) && !Array.isArray(urls)) {
    throw invalidArgument(api, "no place to read", urls, "a path, a URL, or an array of them");
  }
  const files = globSync(urls);
  if (files.length > 0) return files.map(versionOf);
  throw invalidArgument(api, "no files", "an empty list", "one path, glob or URL or more");
}

/** The files of each partition: several whole ones, one, or a block of one. */
export function fileBlocks(
  api: string,
  files: readonly FileVersion[],
  { blockSize, filesPerPartition }: CutOptions,
  compression: Compression,
  canCut: boolean,
): FileBlock[][] {
  const sizes = files.map((file) => sizeOf(file, compression, canCut));
  const whole = files.map((file, i): FileBlock => {
    const size = sizes[i];
    return { ...file, block: size === undefined ? undefined : { start: 0, end: size, size } };
  });
  if (filesPerPartition !== undefined) {
    if (blockSize !== undefined) {
      const got = "blockSize and filesPerPartition";
      throw invalidArgument(api, "two ways to cut", got, "one of them");
    }
    return grouped(api, whole, filesPerPartition);
  }
  const bytes = blockBytes(api, sizes, blockSize);
  return whole.flatMap((file): FileBlock[][] => {
    if (file.block !== undefined) return cut(file, file.block.size, bytes);
    if (blockSize === undefined) return [[file]];
    const remedy = "Leave blockSize out, or use filesPerPartition.";
    const wanted = "uncompressed local files of UTF-8";
    throw invalidArgument(api, "blockSize cannot cut this file", file.url, wanted, remedy);
  });
}

/** Bytes of a file that can be read at any place without waiting, else undefined. */
function sizeOf(
  { url, size, modifiedMs }: FileVersion,
  compression: Compression,
  canCut: boolean,
): number | undefined {
  if (!canCut || modifiedMs === undefined) return undefined;
  return compressionOf(url, compression) === "none" ? size : undefined;
}

function grouped(api: string, files: readonly FileBlock[], count: unknown): FileBlock[][] {
  if (typeof count !== "number" || !Number.isSafeInteger(count) || count < 1) {
    throw invalidArgument(api, "bad filesPerPartition", count, "a whole number of 1 or more");
  }
  const groups = Math.ceil(files.length / count);
  return Array.from({ length: groups }, (_, i) => files.slice(i * count, (i + 1) * count));
}

function blockBytes(
  api: string,
  sizes: readonly (number | undefined)[],
  blockSize: number | string | undefined,
): number {
  if (blockSize !== undefined) {
    const bytes = parseBytes(blockSize, api);
    if (bytes >= 1) return bytes;
    throw invalidArgument(api, "bad blockSize", blockSize, "1 byte or more");
  }
  const total = sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0);
  const share = Math.ceil(total / (BLOCKS_PER_THREAD * os.availableParallelism()));
  return Math.min(BLOCK_BYTES_MAX, Math.max(BLOCK_BYTES_MIN, share));
}

/** Blocks of nearly one length. */
function cut(file: FileVersion, size: number, bytes: number): FileBlock[][] {
  const count = Math.max(1, Math.ceil(size / bytes));
  const edge = (i: number): number => Math.floor((i * size) / count);
  return Array.from({ length: count }, (_, i) => [
    { ...file, block: { start: edge(i), end: edge(i + 1), size } },
  ]);
}
