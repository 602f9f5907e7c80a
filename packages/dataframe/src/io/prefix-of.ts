import zlib from "node:zlib";
import { compressionOf, statSync } from "@millrace/storage";
import { dataFault, fault, invalidArgument } from "../errors.ts";
import { hasSyncReads } from "./bad-file.ts";
import type { TextEncoding, TextFormat } from "./text-format.ts";
import { localBytes } from "./local-bytes.ts";

/** The first bytes of a file, as UTF-8. */
export interface Prefix {
  readonly bytes: Uint8Array;
  readonly isWhole: boolean;
}

/**
 * About the first `length` bytes of a file, decompressed; undefined where they cannot be had
 * without waiting.
 */
export function prefixOf(
  api: string,
  url: string,
  length: number,
  { compression, encoding }: TextFormat,
): Prefix | undefined {
  if (!hasSyncReads(url)) return undefined;
  const codec = compressionOf(url, compression);
  if (codec === "zstd" || codec === "lz4") return undefined;
  const { size } = statSync(url);
  if (size === undefined) return undefined;
  const isWhole = length >= size;
  const raw = localBytes(url, 0, Math.min(length, size));
  return { bytes: toUtf8(inflate(api, url, codec, raw), encoding), isWhole };
}

/** What a part of a compressed file holds. */
function inflate(
  api: string,
  url: string,
  codec: "none" | "gzip" | "deflate" | "brotli",
  bytes: Uint8Array,
): Uint8Array {
  if (codec === "none" || bytes.length === 0) return bytes;
  // The end is missing, which is no error with these.
  const finishFlush = zlib.constants.Z_SYNC_FLUSH;
  try {
    switch (codec) {
      case "gzip":
        return zlib.gunzipSync(bytes, { finishFlush });
      case "deflate":
        return zlib.inflateSync(bytes, { finishFlush });
      case "brotli":
        return zlib.brotliDecompressSync(bytes, {
          finishFlush: zlib.constants.BROTLI_OPERATION_FLUSH,
        });
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const message =
      `${api}: not valid ${codec}, got ${url} (${reason}), wanted a whole ${codec} file. ` +
      "Fetch or write it again, or name another compression.";
    throw dataFault("dataframe/bad-file", message, { cause: error });
  }
}

function toUtf8(bytes: Uint8Array, encoding: TextEncoding): Uint8Array {
  switch (encoding) {
    case "utf8":
      return bytes;
    case "latin1":
      return Buffer.from(Buffer.from(bytes).toString("latin1"));
    case "utf16le":
      return Buffer.from(new TextDecoder("utf-16le").decode(bytes));
  }
}

/** The error for columns of files that hold nothing. */
export function noRows(api: string, url: string): Error {
  const what = "columns of an empty file cannot be inferred";
  return invalidArgument(api, what, url, "a file with a header", "Give a schema of all columns.");
}

/** The error for dtypes that would have to be inferred of bytes that have to be waited for. */
export function noSample(api: string, url: string): Error {
  return fault(
    "dataframe/invalid-argument",
    api,
    "dtypes of this file cannot be inferred without waiting",
    url,
    "a local file, not compressed or by gzip, deflate or brotli",
    "Give a schema of all columns.",
  );
}
