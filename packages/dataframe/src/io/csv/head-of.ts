import type { CsvHead } from "./csv-settings.ts";
import { localBytes } from "../local-bytes.ts";
import type { HeadSettings } from "./read-head.ts";
import { readHead } from "./read-head.ts";

/** More than nearly any header has. */
const HEAD_BYTES = 1 << 14;

/** What stands before the rows of a file on this machine. */
export function headOf(url: string, size: number, settings: HeadSettings): CsvHead {
  for (let length = HEAD_BYTES; ; length *= 4) {
    const head = readHead(localBytes(url, 0, Math.min(length, size)), length >= size, settings);
    if (head !== undefined) return head;
  }
}
