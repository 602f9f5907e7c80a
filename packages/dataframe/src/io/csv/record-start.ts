import type { Dialect } from "./dialect.ts";
import { LF } from "./dialect.ts";
import type { Transitions } from "./row-states.ts";
import {
  everyState,
  rowPlace,
  rowState,
  runState,
  runStates,
  transitionsOf,
} from "./row-states.ts";

/** A file that is cut into blocks, for as far as the search for a row must know it. */
export interface CutFile {
  readonly size: number;
  /** Where the first row begins. */
  readonly dataStart: number;
  readonly read: (offset: number, length: number) => Uint8Array;
}

/** Bytes that are read at a time of a file that is read from its beginning. */
const CHUNK_BYTES = 1 << 20;

/**
 * Where the first row begins that starts at `at` or later. Whether `at` lies inside of quotes is
 * found without reading what comes before, but for `window` bytes:
 *
 * 1. All states in which the window before could begin are followed at once. Those that meet are
 *    one from there on, and one dies of text behind a closing quote; usually one is left.
 * 2. Where several are left, those count that live through the window after `at`, and all is well
 *    if they say the same.
 * 3. Where neither window has a quote, and every line has the right number of fields, rows begin
 *    at lines.
 * 4. Else the file is read from its beginning.
 *
 * 3 is no proof: a longer quoted text may hold such lines. So the reader of the block before, who
 * knows where its last row ends, asks again and compares: by induction all blocks are right, or
 * there is an error.
 */
export function recordStart(
  file: CutFile,
  at: number,
  dialect: Dialect,
  width: number,
  window: number,
): number {
  const { size, dataStart, read } = file;
  if (at <= dataStart) return dataStart;
  const lenient = transitionsOf(dialect, rowState.text);
  const exactly = (): number => seek(file, lenient, rowState.row, dataStart, at);
  if (at - window <= dataStart) return exactly();
  if (dialect.quote < 0) return seek(file, lenient, rowState.text, at - 1, at);
  const strict = transitionsOf(dialect, rowState.dead);
  const before = read(at - window, window);
  const after = read(at, Math.min(window, size - at));
  const isLast = at + after.length === size;
  const states = runStates(strict, everyState, before).filter((state) => {
    const last = runState(strict, state, after, 0, after.length);
    const isOpen = last === rowState.quoted || last === rowState.escaped;
    return last !== rowState.dead && !(isLast && isOpen);
  });
  const [state, ...others] = states;
  if (state === undefined) return exactly();
  if (others.length === 0) return seek(file, lenient, state, at, at);
  const places = states.map((each) => rowPlace(strict, each, after, 0));
  const [place = -1] = places.filter((each) => each >= 0);
  const agree = places.every((each) => each === place);
  return place >= 0 && (agree || looksPlain(before, after, dialect, width))
    ? at + place
    : exactly();
}

/** Where a row begins at `at` or later, of a reader that is in a state at `from`. */
function seek(
  { size, read }: CutFile,
  table: Transitions,
  state: number,
  from: number,
  at: number,
): number {
  let now = state;
  for (let offset = from; offset < size;) {
    const bytes = read(offset, Math.min(CHUNK_BYTES, size - offset));
    const first = Math.max(0, Math.min(bytes.length, at - offset));
    now = runState(table, now, bytes, 0, first);
    if (offset + bytes.length >= at) {
      const place = rowPlace(table, now, bytes, first);
      if (place >= 0) return offset + place;
      now = runState(table, now, bytes, first, bytes.length);
    }
    offset += bytes.length;
  }
  return size;
}

/** Whether bytes around a place hold no quote, and lines of `width` fields, one or more of them. */
function looksPlain(
  before: Uint8Array,
  after: Uint8Array,
  { delimiter, quote, comment }: Dialect,
  width: number,
): boolean {
  const bytes = Buffer.concat([before, after]);
  if (bytes.includes(quote)) return false;
  const last = bytes.lastIndexOf(LF);
  let start = bytes.indexOf(LF) + 1;
  if (start === 0 || start > last) return false;
  for (; start <= last; start = bytes.indexOf(LF, start) + 1) {
    const line = bytes.subarray(start, bytes.indexOf(LF, start));
    if (line.length === 0 || line[0] === comment || line.toString() === "\r") continue;
    let fields = 1;
    for (const byte of line) if (byte === delimiter) fields++;
    if (fields !== width) return false;
  }
  return true;
}
