import { withoutCredentials } from "./location.ts";
import { shown, StorageError } from "./storage-error.ts";

/**
 * How bytes are compressed at rest: `infer` goes by the suffix of the name.
 *
 * Suffixes: `.gz .gzip .bgz` gzip, `.br` brotli, `.deflate .zz` deflate (the zlib format), `.zst
 * .zstd` zstd, `.lz4` lz4 (the frame format); every other name is `none`. zstd needs Node 22.15 or
 * the package `@bokuweb/zstd-wasm`, lz4 the package `lz4-napi`.
 *
 * @example
 * ```ts
 * import { compressionOf, type Compression } from "@millrace/storage";
 * const compression: Compression = "infer";
 * compressionOf("data/a.csv.gz", compression); // => "gzip"
 * ```
 */
export type Compression = "infer" | "none" | "gzip" | "brotli" | "deflate" | "zstd" | "lz4";

/** A compression that is decided. */
export type Codec = Exclude<Compression, "infer" | "none">;

const SUFFIXES: ReadonlyMap<string, Codec> = new Map([
  ["gz", "gzip"],
  ["gzip", "gzip"],
  ["bgz", "gzip"],
  ["br", "brotli"],
  ["deflate", "deflate"],
  ["zz", "deflate"],
  ["zst", "zstd"],
  ["zstd", "zstd"],
  ["lz4", "lz4"],
]);

const NAMES: readonly string[] = ["infer", "none", "gzip", "brotli", "deflate", "zstd", "lz4"];

/**
 * What `openRead` and `openWrite` will do for a name: a compression that is not `infer` comes back
 * as it is.
 *
 * Only a file that is `none` can be read in ranges and blocks. The query of an http URL is not
 * looked at.
 *
 * @throws StorageError `storage/bad-option` for a compression that does not exist
 * @example
 * ```ts
 * import { compressionOf } from "@millrace/storage";
 * compressionOf("https://example.org/words.txt.zst?v=1"); // => "zstd"
 * compressionOf("words.txt"); // => "none"
 * ```
 */
export function compressionOf(
  url: string | URL,
  compression: Compression = "infer",
): "none" | Codec {
  if (!NAMES.includes(compression)) {
    throw new StorageError(
      "storage/bad-option",
      `compression: no such compression, got ${shown(compression)}, ` +
        `wanted one of ${NAMES.join(", ")}.`,
      withoutCredentials(String(url)),
    );
  }
  if (compression !== "infer") return compression;
  const text = String(url);
  const name = /^https?:/i.test(text) ? text.replace(/[?#].*$/s, "") : text;
  return SUFFIXES.get(/\.([a-z0-9]+)$/i.exec(name)?.[1]?.toLowerCase() ?? "") ?? "none";
}
