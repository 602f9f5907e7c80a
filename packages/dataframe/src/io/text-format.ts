import type { Compression } from "@millrace/storage";

/** How text is written as bytes. */
export type TextEncoding = "utf8" | "utf16le" | "latin1";

/** How the bytes of a file become UTF-8. */
export interface TextFormat {
  readonly compression: Compression;
  readonly encoding: TextEncoding;
}

/** What is done with a row, or a field, that cannot be read. */
export type BadRows = "error" | "skip" | "null";
