import { isAscii, isUtf8 } from "node:buffer";
import { shown, StorageError } from "./storage-error.ts";

/**
 * How text becomes bytes. `utf8` and `utf16le` drop a byte order mark at the start of the file;
 * `latin1` is ISO 8859-1.
 *
 * @example
 * ```ts
 * import type { LineEncoding } from "@millrace/storage";
 * const encoding: LineEncoding = "utf8";
 * encoding; // => "utf8"
 * ```
 */
export type LineEncoding = "utf8" | "utf-8" | "utf16le" | "utf-16le" | "latin1";

/** A delimiter and an encoding, checked, with what follows from the two. */
export interface LineFormat {
  readonly encoding: "utf8" | "utf16le" | "latin1";
  readonly fatal: boolean;
  readonly delimiter: string;
  readonly bytes: Buffer;
  /** The default delimiter: a `\r` before the `\n` goes too. */
  readonly stripCarriage: boolean;
  /** Bytes a code unit; a delimiter is found at multiples of it only. */
  readonly width: 1 | 2;
  /**
   * Occurrences cannot overlap and alignment is no matter, so the last one can be searched
   * backwards.
   */
  readonly simple: boolean;
  readonly mark: Buffer;
}

const MARKS = {
  utf8: Buffer.from([0xef, 0xbb, 0xbf]),
  utf16le: Buffer.from([0xff, 0xfe]),
  latin1: Buffer.alloc(0),
};

/** Check a delimiter and an encoding. */
export function lineFormat(
  delimiter: string | undefined,
  encoding: LineEncoding | undefined,
  fatal: boolean,
): LineFormat {
  const name = plainEncoding(encoding ?? "utf8");
  const text = delimiter ?? "\n";
  const bytes = typeof text === "string" ? Buffer.from(text, name) : Buffer.alloc(0);
  // U+FFFD would also match bytes that are no text, and U+FEFF the byte order mark.
  if (bytes.length === 0 || /[\ufffd\ufeff]/.test(text) || bytes.toString(name) !== text) {
    throw new StorageError(
      "storage/bad-option",
      `readLines: not a line delimiter, got ${shown(text)}, ` +
        `wanted text of one character or more that ${name} can hold.`,
    );
  }
  const width = name === "utf16le" ? 2 : 1;
  return {
    encoding: name,
    fatal,
    delimiter: text,
    bytes,
    stripCarriage: delimiter === undefined,
    width,
    simple: width === 1 && !overlapsItself(bytes),
    mark: MARKS[name],
  };
}

function plainEncoding(encoding: LineEncoding): LineFormat["encoding"] {
  switch (encoding) {
    case "utf8":
    case "utf-8":
      return "utf8";
    case "utf16le":
    case "utf-16le":
      return "utf16le";
    case "latin1":
      return "latin1";
    default:
      throw new StorageError(
        "storage/bad-option",
        `readLines: no such encoding, got ${shown(encoding satisfies never)}, ` +
          "wanted utf8, utf16le or latin1.",
      );
  }
}

function overlapsItself(bytes: Buffer): boolean {
  for (let shift = 1; shift < bytes.length; shift++) {
    if (bytes.subarray(shift).equals(bytes.subarray(0, bytes.length - shift))) return true;
  }
  return false;
}

/**
 * The first occurrence of the delimiter at `from` or later; `origin` is the file position of byte
 * 0.
 */
export function findDelimiter(
  format: LineFormat,
  bytes: Buffer,
  from: number,
  origin: number,
): number {
  if (format.width === 1)
    return format.bytes.length === 1
      ? bytes.indexOf(format.bytes[0] ?? 0, from)
      : bytes.indexOf(format.bytes, from);
  let at = bytes.indexOf(format.bytes, from);
  while (at !== -1 && (origin + at) % 2 !== 0) at = bytes.indexOf(format.bytes, at + 1);
  return at;
}

/** The last occurrence that ends at `to` or before; for simple formats. */
export function findLastDelimiter(format: LineFormat, bytes: Buffer, to: number): number {
  const last = to - format.bytes.length;
  return last < 0 ? -1 : bytes.lastIndexOf(format.bytes, last);
}

/** The lines of bytes that begin with a line; `ended` says that a delimiter ends the last one. */
export function decodeLines(format: LineFormat, bytes: Buffer, ended: boolean): string[] {
  const lines = decode(format, bytes).split(format.delimiter);
  const open = ended ? undefined : lines.at(-1);
  if (ended || open === "") lines.pop();
  // The last line of a file without a last newline keeps its \r: it has no line end.
  const count = ended || open === "" ? lines.length : lines.length - 1;
  if (format.stripCarriage && bytes.includes(0x0d)) stripCarriages(lines, count);
  return lines;
}

/** The bytes after a byte order mark, if they begin with one. */
export function withoutMark(format: LineFormat, bytes: Buffer): Buffer {
  const { length } = format.mark;
  const marked = length > 0 && bytes.subarray(0, length).equals(format.mark);
  return marked ? bytes.subarray(length) : bytes;
}

/** Whether bytes are text in the encoding. */
export function isText(format: LineFormat, bytes: Buffer): boolean {
  switch (format.encoding) {
    case "latin1":
      return true;
    case "utf8":
      return isUtf8(bytes);
    case "utf16le":
      return bytes.length % 2 === 0 && !LONE_SURROGATE.test(bytes.toString("utf16le"));
  }
}

const LONE_SURROGATE = /\p{Surrogate}/u;

function decode(format: LineFormat, bytes: Buffer): string {
  switch (format.encoding) {
    case "latin1":
      return bytes.toString("latin1");
    case "utf8":
      // Copying one byte a character is the quickest way there is, and most text allows it.
      return isAscii(bytes) ? bytes.toString("latin1") : bytes.toString("utf8");
    case "utf16le":
      return bytes.toString("utf16le") + (bytes.length % 2 === 0 ? "" : "\ufffd");
  }
}

function stripCarriages(lines: string[], count: number): void {
  for (let index = 0; index < count; index++) {
    const line = lines[index] ?? "";
    if (line.charCodeAt(line.length - 1) === 13) lines[index] = line.slice(0, -1);
  }
}
