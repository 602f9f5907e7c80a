import { decodeText, indexOfBytes, isAscii } from "./bytes.ts";

/** Bytes that the scratch of a thread keeps from row to row; longer texts get a larger one. */
const SCRATCH_BYTES = 4_096;

/**
 * Where the text is that a function gave: a part of its argument, or bytes in a scratch that is
 * used again for the next row. One a thread: a call that returned an object a row would cost more
 * than what most of these functions do.
 */
export class Span {
  data: Uint8Array = new Uint8Array(SCRATCH_BYTES);
  start = 0;
  end = 0;
  #scratch: Uint8Array = this.data;
  #used = 0;

  /** Begins a row: texts of the row before are no longer needed. */
  reset(): void {
    this.#used = 0;
  }

  /** Room for a text of at most `bytes`, in which `data` and `start` are set. */
  reserve(bytes: number): Uint8Array {
    if (this.#used + bytes > this.#scratch.length) {
      this.#scratch = new Uint8Array(Math.max(bytes, SCRATCH_BYTES));
      this.#used = 0;
    }
    this.data = this.#scratch;
    this.start = this.#used;
    return this.#scratch;
  }

  /** Ends the text for which room was reserved. */
  finish(end: number): void {
    this.end = end;
    this.#used = end;
  }

  /** Part of a text that is there already. */
  set(data: Uint8Array, start: number, end: number): void {
    this.data = data;
    this.start = start;
    this.end = end;
  }

  /** A string of JavaScript. */
  encode(text: string): void {
    const { length } = text;
    const room = this.reserve(3 * length);
    for (let i = 0; i < length; i++) {
      const unit = text.charCodeAt(i);
      if (unit > 127) {
        const { written } = encoder.encodeInto(text, room.subarray(this.start));
        this.finish(this.start + written);
        return;
      }
      room[this.start + i] = unit;
    }
    this.finish(this.start + length);
  }
}

const encoder = new TextEncoder();

/** Without white space at both ends, as `trim` of JavaScript. */
export function trimText(span: Span, text: Uint8Array, start: number, end: number): void {
  while (start < end && isAsciiSpace(text[start] as number)) start++;
  while (start < end && isAsciiSpace(text[end - 1] as number)) end--;
  if (start === end || ((text[start] as number) < 128 && (text[end - 1] as number) < 128)) {
    span.set(text, start, end);
  } else {
    span.encode(decodeText(text, start, end).trim());
  }
}

function isAsciiSpace(byte: number): boolean {
  return byte === 32 || (byte >= 9 && byte <= 13);
}

/** In small letters, as `toLowerCase` of JavaScript. */
export function lowerText(span: Span, text: Uint8Array, start: number, end: number): void {
  if (!isAscii(text, start, end)) {
    span.encode(decodeText(text, start, end).toLowerCase());
    return;
  }
  const room = span.reserve(end - start);
  let at = span.start;
  for (let i = start; i < end; i++) {
    const byte = text[i] as number;
    room[at++] = byte >= 65 && byte <= 90 ? byte + 32 : byte;
  }
  span.finish(at);
}

/** In capital letters, as `toUpperCase` of JavaScript. */
export function upperText(span: Span, text: Uint8Array, start: number, end: number): void {
  if (!isAscii(text, start, end)) {
    span.encode(decodeText(text, start, end).toUpperCase());
    return;
  }
  const room = span.reserve(end - start);
  let at = span.start;
  for (let i = start; i < end; i++) {
    const byte = text[i] as number;
    room[at++] = byte >= 97 && byte <= 122 ? byte - 32 : byte;
  }
  span.finish(at);
}

/** Code points `from` up to, without, `to`; those below 0 count from the end. */
export function sliceText(
  span: Span,
  text: Uint8Array,
  start: number,
  end: number,
  from: number,
  to: number,
): void {
  const first = from < 0 ? backward(text, start, end, -from) : forward(text, start, end, from);
  const last = to < 0 ? backward(text, start, end, -to) : forward(text, start, end, to);
  span.set(text, first, Math.max(first, last));
}

/** Where the code point begins that has `count` before it. */
function forward(text: Uint8Array, start: number, end: number, count: number): number {
  let at = start;
  while (count > 0 && at < end) {
    at++;
    while (at < end && ((text[at] as number) & 0xc0) === 0x80) at++;
    count--;
  }
  return at;
}

/** Where the code point begins that is the last but `count - 1`. */
function backward(text: Uint8Array, start: number, end: number, count: number): number {
  let at = end;
  while (count > 0 && at > start) {
    at--;
    while (at > start && ((text[at] as number) & 0xc0) === 0x80) at--;
    count--;
  }
  return at;
}

/** With another text in place of a plain one: of the first, or of each. */
export function replacePlain(
  span: Span,
  text: Uint8Array,
  start: number,
  end: number,
  part: Uint8Array,
  by: Uint8Array,
  all: boolean,
): void {
  let found = indexOfBytes(text, start, end, part);
  if (found < 0) {
    span.set(text, start, end);
    return;
  }
  if (part.length === 0) {
    const [string, to] = [decodeText(text, start, end), decodeText(by, 0, by.length)];
    // A function, since a string would have `$` mean something.
    span.encode(all ? string.replaceAll("", () => to) : `${to}${string}`);
    return;
  }
  // A part that is replaced takes a byte or more, so that this is room for all of them.
  const count = all ? Math.ceil((end - start) / part.length) : 1;
  const room = span.reserve(end - start + count * by.length);
  let at = span.start;
  let from = start;
  while (found >= 0) {
    at = copyBytes(text, from, found, room, at);
    at = copyBytes(by, 0, by.length, room, at);
    from = found + part.length;
    found = all ? indexOfBytes(text, from, end, part) : -1;
  }
  span.finish(copyBytes(text, from, end, room, at));
}

function copyBytes(
  from: Uint8Array,
  start: number,
  end: number,
  to: Uint8Array,
  at: number,
): number {
  for (let i = start; i < end; i++) to[at++] = from[i] as number;
  return at;
}

/** With another text in place of what a pattern finds. */
export function replacePattern(
  span: Span,
  text: Uint8Array,
  start: number,
  end: number,
  pattern: RegExp,
  by: string,
): void {
  span.encode(decodeText(text, start, end).replace(pattern, by));
}
