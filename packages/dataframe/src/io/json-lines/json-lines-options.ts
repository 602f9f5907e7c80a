import type { Compression } from "@millrace/storage";
import { compressionOf } from "@millrace/storage";
import type { Schema } from "../../dtype.ts";
import type { BadRows, TextEncoding } from "../text-format.ts";

/**
 * How files that hold one JSON object a line become a frame. Fields that a line does not have are
 * null, and so is `null`; objects become structs and arrays lists; what stands in a text column
 * and is no text becomes its JSON. Empty lines are left out, and so are fields that neither the
 * schema nor the first rows have.
 */
export interface ReadJsonLinesOptions {
  /** Dtypes of fields, all or some; the others are inferred from a sample. */
  readonly schema?: Schema;
  /** As of `readCsv`. */
  readonly blockSize?: number | string;
  /** Whole files in a partition, this many, instead of blocks of files. */
  readonly filesPerPartition?: number;
  /** Default "infer": by the ending of the name. */
  readonly compression?: Compression;
  /** Default "utf8"; files of other encodings are not cut. */
  readonly encoding?: TextEncoding;
  /**
   * What happens with a line that is no JSON object, or a field that its column cannot have.
   * "error", the default, says the file and line; fields that are not used are not looked at.
   * "skip" leaves the row out, and has to look at all fields. "null" makes bad fields null, all of
   * them where the line is no object.
   */
  readonly badRows?: BadRows;
  /** Rows that dtypes are inferred from, at most; default 4,096. */
  readonly sampleRows?: number;
  /** Bytes that dtypes are inferred from, at most; default 1 MB. */
  readonly sampleBytes?: number | string;
  /** The name of a column to be added that holds the path of the file. */
  readonly includePath?: string;
}

/** How a frame becomes files of JSON lines. */
export interface WriteJsonLinesOptions {
  /** Default "infer": by the ending of the name. */
  readonly compression?: Compression;
}

/** Options with defaults. Plain data. */
export type WriteJsonLinesSettings = Required<WriteJsonLinesOptions>;

/** Names of the options, for whoever has further ones. */
export const writeJsonLinesNames: readonly (keyof WriteJsonLinesOptions)[] = ["compression"];

/** Checks options. */
export function writeJsonLinesSettings(
  api: string,
  { compression = "infer" }: WriteJsonLinesOptions,
): WriteJsonLinesSettings {
  compressionOf("", compression);
  return { compression };
}
