export { type Compression, compressionOf } from "./compression.ts";
export type {
  DriverRead,
  ReadRange,
  SignalOption,
  StorageDriver,
  StorageEntry,
  StorageSink,
  StorageStage,
  StorageStat,
} from "./driver.ts";
export { glob, type GlobOptions, globSync, type Patterns } from "./glob.ts";
export type { LineEncoding } from "./line-format.ts";
export { absoluteUrl } from "./location.ts";
export { numberedUrls } from "./numbered-urls.ts";
export { openRead, readAll, type ReadOptions, readRange, readRangeSync } from "./read.ts";
export { type LineOptions, readLineBatches, readLines } from "./read-lines.ts";
export { registerDriver, schemes } from "./register-driver.ts";
export { type Block, splitBlocks } from "./split-blocks.ts";
export { stageFiles, type StageOptions } from "./stage-files.ts";
export { list, listSync, remove, stat, statSync } from "./stat.ts";
export { StorageError, type StorageErrorCode } from "./storage-error.ts";
export { openWrite, StorageWriter, writeAll, type WriteOptions } from "./write.ts";
