import { CR, LF, isBlank } from "./dialect.ts";
import type { Dialect } from "./dialect.ts";

/** A field as text, for headers and samples. */
export interface TextField {
  readonly text: string;
  readonly isQuoted: boolean;
}

/** One row as texts, and where the next one begins. */
export interface TextRow {
  readonly fields: readonly TextField[];
  readonly next: number;
}

/**
 * The row at a place, comments and, unless `keepEmpty`, empty lines before it left out; undefined
 * where the bytes end before the row does. With `isWhole`, the end of the bytes ends a row too.
 */
export function splitRow(
  bytes: Uint8Array,
  from: number,
  isWhole: boolean,
  dialect: Dialect,
  keepEmpty = false,
): TextRow | undefined {
  const at = rowStart(bytes, from, dialect, keepEmpty);
  if (at >= bytes.length) return undefined;
  const fields: TextField[] = [];
  for (let start = at; ;) {
    const field = splitField(bytes, start, dialect);
    if (field.end >= bytes.length && !isWhole) return undefined;
    fields.push(field);
    if (bytes[field.end] !== dialect.delimiter) return { fields, next: field.end + 1 };
    start = field.end + 1;
  }
}

function rowStart(
  bytes: Uint8Array,
  from: number,
  { comment }: Dialect,
  keepEmpty: boolean,
): number {
  let at = from;
  while (at < bytes.length) {
    // A carriage return that ends a file ends its last line.
    const isEmpty = bytes[at] === LF || (bytes[at] === CR && (bytes[at + 1] ?? LF) === LF);
    if (bytes[at] !== comment && (keepEmpty || !isEmpty)) break;
    const end = bytes.indexOf(LF, at);
    at = end < 0 ? bytes.length : end + 1;
  }
  return at;
}

/** The field at a place, and the place of the delimiter or line feed behind it. */
function splitField(
  bytes: Uint8Array,
  from: number,
  { delimiter, quote, escape, trim }: Dialect,
): TextField & { readonly end: number } {
  const isEnd = (at: number): boolean =>
    at >= bytes.length || bytes[at] === delimiter || bytes[at] === LF;
  let at = from;
  if (trim) while (isBlank(bytes[at])) at++;
  const isQuoted = bytes[at] === quote;
  const content: number[] = [];
  if (isQuoted) {
    for (at++; at < bytes.length; at++) {
      const isDoubled = escape === quote && bytes[at + 1] === quote;
      if (bytes[at] === escape && (escape !== quote || isDoubled)) at++;
      else if (bytes[at] === quote) break;
      content.push(bytes[at] as number);
    }
    if (at >= bytes.length) return { text: textOf(content), isQuoted, end: at };
    for (at++; !isEnd(at); at++);
  } else {
    for (; !isEnd(at); at++) content.push(bytes[at] as number);
    if (bytes[at] !== delimiter && content.at(-1) === CR) content.pop();
    if (trim) while (isBlank(content.at(-1))) content.pop();
  }
  return { text: textOf(content), isQuoted, end: at };
}

function textOf(content: readonly number[]): string {
  return Buffer.from(content).toString();
}
