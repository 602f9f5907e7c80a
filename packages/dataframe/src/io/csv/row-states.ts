import type { Dialect } from "./dialect.ts";
import { LF, isBlank } from "./dialect.ts";

/** What a reader of single bytes knows of those before; the scanner of rows agrees with it. */
export const rowState = {
  /** At the beginning of a line that is not in quotes. */
  row: 0,
  field: 1,
  text: 2,
  quoted: 3,
  /** Behind a quote in a quoted field, which ends it, or is doubled. */
  closed: 4,
  escaped: 5,
  closedBlank: 6,
  comment: 7,
  /** No file that is right leads here. */
  dead: 8,
} as const;

/** Every state in which a part of a file may begin. */
export const everyState: readonly number[] = [0, 1, 2, 3, 4, 5, 6, 7];

/** The state after a byte, at `state * 256 + byte`. */
export type Transitions = Uint8Array;

/** Transitions; text behind a closing quote leads to `afterClosed`. */
export function transitionsOf(dialect: Dialect, afterClosed: number): Transitions {
  const table = new Uint8Array(9 * 256);
  for (const state of [...everyState, rowState.dead]) {
    for (let byte = 0; byte < 256; byte++) {
      table[state * 256 + byte] = stateAfter(state, byte, dialect, afterClosed);
    }
  }
  return table;
}

function stateAfter(state: number, byte: number, dialect: Dialect, afterClosed: number): number {
  const { delimiter, quote, escape, comment, trim } = dialect;
  const { row, field, text, quoted, closed, escaped, closedBlank } = rowState;
  if (state === rowState.dead) return state;
  if (state === rowState.comment) return byte === LF ? row : state;
  if (state === escaped) return quoted;
  if (state === quoted) {
    if (byte === escape && escape !== quote) return escaped;
    return byte === quote ? closed : quoted;
  }
  if (byte === LF) return row;
  if (byte === delimiter) return field;
  if (state === text) return text;
  if (state === row && byte === comment) return rowState.comment;
  if (state === row || state === field) {
    if (byte === quote) return quoted;
    return trim && isBlank(byte) ? field : text;
  }
  if (state === closed && byte === quote && escape === quote) return quoted;
  if (trim && isBlank(byte)) return closedBlank;
  // A carriage return is right before a line feed; what else follows it makes no difference here.
  return byte === 13 ? text : afterClosed;
}

/** The different states, not dead, in which `states` can be after some bytes. */
export function runStates(
  table: Transitions,
  states: readonly number[],
  bytes: Uint8Array,
): readonly number[] {
  let live = states;
  // Most states meet within a few bytes, so they are compared often.
  for (let from = 0; from < bytes.length; from += 256) {
    const to = Math.min(bytes.length, from + 256);
    const next = new Set(live.map((state) => runState(table, state, bytes, from, to)));
    next.delete(rowState.dead);
    live = [...next];
  }
  return live;
}

/** The state after some bytes. */
export function runState(
  table: Transitions,
  state: number,
  bytes: Uint8Array,
  from: number,
  to: number,
): number {
  let now = state;
  for (let at = from; at < to; at++) now = table[now * 256 + (bytes[at] as number)] as number;
  return now;
}

/** Place of the first byte from `from` on before which a row begins; -1 where there is none. */
export function rowPlace(
  table: Transitions,
  state: number,
  bytes: Uint8Array,
  from: number,
): number {
  let now = state;
  for (let at = from; at < bytes.length; at++) {
    if (now === rowState.row) return at;
    now = table[now * 256 + (bytes[at] as number)] as number;
  }
  return now === rowState.row ? bytes.length : -1;
}
