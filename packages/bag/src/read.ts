import type { Patterns } from "@millrace/storage";
import { Bag } from "./bag.ts";
import type { ReadTextOptions } from "./io/read-text.ts";
import { readJsonLines as readJsonBlocks, readText as readTextBlocks } from "./io/read-text.ts";

/**
 * The lines of text files, without their ends. Files are listed and measured at once, read when a
 * task runs, so files larger than memory are fine. A partition is a block of about `blockSize`
 * bytes of a file (lines stay whole), or a whole file where it is compressed or comes over
 * http(s).
 *
 * @param urls - paths, `file:` or `http(s):` URLs, globs, or an array of them; each glob is
 * sorted
 * @param options.blockSize - bytes or a text such as "64MB", the default
 * @param options.filesPerPartition - that many whole files a partition instead
 * @param options.compression - "infer" (default: by the ending of the name), "none", "gzip",
 * "brotli", …
 * @param options.encoding - "utf8" (default), "utf16le" or "latin1"
 * @param options.lineDelimiter - default `\n`, with a `\r` before it
 * @param options.includePath - true gives `[line, path]` pairs
 * @throws StorageError `storage/not-found`, `storage/no-match`; BagError `bag/invalid-argument`
 * @example
 * ```ts
 * import { Bag, readText } from "@millrace/bag";
 * import { mkdtemp } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 *
 * const folder = await mkdtemp(`${tmpdir()}/lines-`);
 * await Bag.from(["one", "two", "three"], { npartitions: 2 }).toTextFiles(`${folder}/part-*.txt`);
 * await readText(`${folder}/*.txt`).count().compute(); // => 3
 * ```
 */
export function readText(
  urls: Patterns,
  options: ReadTextOptions & { readonly includePath: true },
): Bag<[line: string, path: string]>;
export function readText(
  urls: Patterns,
  options?: ReadTextOptions & { readonly includePath?: false },
): Bag<string>;
export function readText(
  urls: Patterns,
  options: ReadTextOptions & { readonly includePath?: boolean },
): Bag<string | [line: string, path: string]>;
export function readText(
  urls: Patterns,
  options: ReadTextOptions & { readonly includePath?: boolean } = {},
): unknown {
  return new Bag(readTextBlocks(urls, options));
}

/**
 * The values of files that hold one JSON text a line, as {@link readText} finds the lines; blank
 * lines are left out.
 *
 * @throws as {@link readText}; when it runs, BagError `bag/not-json` naming the file and the line
 * @example
 * ```ts
 * import { Bag, readJsonLines } from "@millrace/bag";
 * import { mkdtemp } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 *
 * const folder = await mkdtemp(`${tmpdir()}/json-`);
 * await Bag.from([{ n: 1 }, { n: 2 }], { npartitions: 1 }).toJsonLines(`${folder}/*.jsonl`);
 * await readJsonLines<{ n: number }>(`${folder}/*.jsonl`).pluck("n").sum().compute(); // => 3
 * ```
 */
export function readJsonLines<T = unknown>(urls: Patterns, options: ReadTextOptions = {}): Bag<T> {
  return new Bag(readJsonBlocks(urls, options));
}
