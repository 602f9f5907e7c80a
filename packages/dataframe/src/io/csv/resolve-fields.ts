import { isUtf8 } from "node:buffer";
import type { Dialect } from "./dialect.ts";
import type { FieldTable } from "./field-table.ts";
import { MISSING } from "./field-table.ts";
import type { Cells } from "./parse-numbers.ts";
import { BAD, NULL, VALID } from "./parse-numbers.ts";

/** What an empty or special field of a column stands for. */
export interface NullRule {
  readonly isText: boolean;
  /** Whether nothing between delimiters is null; a column that is no text has no other choice. */
  readonly emptyIsNull: boolean;
  /** Other texts that are null where they are not quoted. */
  readonly tokens: readonly Uint8Array[];
  /** Whether bytes may be no UTF-8, so that texts have to be looked at. */
  readonly checkText: boolean;
}

/**
 * The fields of a column without quotes, escapes and nulls, written to `cells`; gives the count of
 * bad ones. Escaped fields are made shorter in their place, once.
 */
export function resolveFields(
  table: FieldTable,
  place: number,
  cells: Cells,
  dialect: Dialect,
  { isText, emptyIsNull, tokens, checkText }: NullRule,
): number {
  const { bytes, starts, ends, count, states } = cells;
  const { starts: marked, ends: markedEnds } = table;
  const isCommon = tokens.length === 0 && !(checkText && isText);
  let bad = 0;
  for (let i = 0; i < count; i++) {
    let start = marked[place + i] as number;
    let end = markedEnds[place + i] as number;
    let state = VALID;
    if (isCommon && start >= 0 && end > start) {
      starts[i] = start;
      ends[i] = end;
      states[i] = VALID;
      continue;
    }
    if (end >= 0) {
      if (start === end) state = emptyIsNull || !isText ? NULL : VALID;
      else if (tokens.length > 0 && isToken(bytes, start, end, tokens)) state = NULL;
    } else if (end === MISSING) {
      start = 0;
      end = 0;
      state = NULL;
    } else {
      if (start < 0) {
        start = ~start;
        end = unescape(bytes, start, ~end, dialect);
        marked[place + i] = start;
        markedEnds[place + i] = ~end;
      } else end = ~end;
      if (start === end && !isText) state = NULL;
    }
    if (checkText && isText && !isUtf8(bytes.subarray(start, end))) {
      state = BAD;
      bad++;
    }
    starts[i] = start;
    ends[i] = end;
    states[i] = state;
  }
  return bad;
}

/** Takes escapes out of a field in its place; gives its new end. */
function unescape(bytes: Uint8Array, start: number, end: number, { escape }: Dialect): number {
  let to = start;
  for (let at = start; at < end; at++) {
    if (bytes[at] === escape) at++;
    bytes[to++] = bytes[at] as number;
  }
  return to;
}

function isToken(
  bytes: Uint8Array,
  start: number,
  end: number,
  tokens: readonly Uint8Array[],
): boolean {
  return tokens.some((token) => {
    if (token.length !== end - start) return false;
    let i = 0;
    while (i < token.length && token[i] === bytes[start + i]) i++;
    return i === token.length;
  });
}
