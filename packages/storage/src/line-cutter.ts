import {
  decodeLines,
  findDelimiter,
  findLastDelimiter,
  isText,
  type LineFormat,
  withoutMark,
} from "./line-format.ts";
import type { LineBlock } from "./read-lines.ts";
import { shown, StorageError } from "./storage-error.ts";

/**
 * Texts of this size stay out of V8's large-object space and are what a line that is kept keeps:
 * see the bench.
 */
export const TEXT_BYTES: number = 64 * 1024;

/**
 * Cuts a stream of bytes into the lines that begin in a block.
 *
 * Both ends of a block follow one rule: E(x) is the end of the first delimiter that ends at x or
 * after, and E(0) is 0. The block `offset … end` owns exactly the bytes E(offset) … E(end).
 */
export class LineCutter {
  /** The last line of the block has been given: no more bytes are needed. */
  done = false;
  readonly #format: LineFormat;
  readonly #block: LineBlock;
  readonly #url: string;
  readonly #lineBytesMax: number;
  #held: Buffer = Buffer.alloc(0);
  #filled = 0;
  /** File position of `#held[0]`. */
  #origin: number;
  /**
   * Where the next line begins in `#held`; while the start of the block is being looked for, where
   * to look on.
   */
  #line = 0;
  /** No delimiter begins between `#line` and here. */
  #searched = 0;
  #inBlock: boolean;

  constructor(
    format: LineFormat,
    block: LineBlock,
    position: number,
    url: string,
    lineBytesMax: number,
  ) {
    this.#format = format;
    this.#block = block;
    this.#origin = position;
    this.#url = url;
    this.#lineBytesMax = lineBytesMax;
    this.#inBlock = block.offset === 0;
  }

  /** Take bytes; call `next` until it has no more. */
  push(chunk: Uint8Array): void {
    const rest = this.#filled - this.#line;
    const needed = rest + chunk.length;
    if (needed > this.#held.length) {
      // Doubling keeps the copying linear in the length of a long line.
      const grown = Buffer.allocUnsafeSlow(Math.max(needed, 2 * rest));
      this.#held.copy(grown, 0, this.#line, this.#filled);
      this.#held = grown;
    } else {
      this.#held.copyWithin(0, this.#line, this.#filled);
    }
    this.#held.set(chunk, rest);
    this.#origin += this.#line;
    this.#searched -= this.#line;
    this.#line = 0;
    this.#filled = needed;
  }

  /** Some whole lines, or `undefined` when more bytes are needed or the block is done. */
  next(): string[] | undefined {
    if (!this.#inBlock) this.#enterBlock();
    if (!this.#inBlock || this.done) return undefined;
    for (;;) {
      const cut = this.#cut();
      if (cut === -1) {
        this.#checkLines(this.#filled);
        return undefined;
      }
      const lines = this.#decode(cut, true);
      if (this.#origin + this.#line >= this.#block.end) this.done = true;
      if (lines.length > 0 || this.done) return lines.length > 0 ? lines : undefined;
    }
  }

  /** After the last byte of the file: the lines that are left. */
  finish(): string[] {
    if (!this.#inBlock || this.done || this.#line === this.#filled) return [];
    return this.#decode(this.#filled, false);
  }

  /** Move to E(offset): the first line that begins in the block. */
  #enterBlock(): void {
    const { bytes } = this.#format;
    for (;;) {
      // The next line would begin after the block: the block has none.
      const earliest = this.#origin + Math.max(this.#searched, this.#line) + bytes.length;
      if (earliest >= this.#block.end) this.done = true;
      const at = this.done ? -1 : this.#find(Math.max(this.#searched, this.#line));
      if (at === -1) {
        this.#line = Math.max(this.#line, Math.min(this.#searched, this.#filled));
        return;
      }
      this.#line = at + bytes.length;
      this.#searched = this.#line;
      const begins = this.#origin + this.#line;
      if (begins < this.#block.offset) continue;
      this.#inBlock = true;
      this.done = begins >= this.#block.end;
      return;
    }
  }

  /**
   * The end of some delimiter, about `TEXT_BYTES` on, never past the one that ends the block; -1
   * for none.
   */
  #cut(): number {
    return this.#format.simple ? this.#cutFromBehind() : this.#cutFromAhead();
  }

  #cutFromBehind(): number {
    const { length } = this.#format.bytes;
    const target = Math.min(this.#line + TEXT_BYTES, this.#filled);
    // The delimiter that ends the last line is the first one to end at or after the end of the
    // block.
    const stop = this.#block.end - this.#origin - length;
    if (target - length >= stop) {
      const at = this.#find(Math.max(this.#searched, this.#line, stop));
      return at === -1 ? -1 : at + length;
    }
    const last = findLastDelimiter(this.#format, this.#held, target);
    if (last >= Math.max(this.#line, this.#searched)) return last + length;
    const first = this.#find(Math.max(this.#line, this.#searched));
    return first === -1 ? -1 : first + length;
  }

  #cutFromAhead(): number {
    const { length } = this.#format.bytes;
    let cut = -1;
    let from = Math.max(this.#line, this.#searched);
    for (;;) {
      const at = this.#find(from);
      if (at === -1) return cut;
      cut = at + length;
      from = cut;
      if (cut - this.#line >= TEXT_BYTES || this.#origin + cut >= this.#block.end) return cut;
    }
  }

  /** The first delimiter at `from` or later; remembers that there is none. */
  #find(from: number): number {
    const held = this.#held.subarray(0, this.#filled);
    const at = findDelimiter(this.#format, held, from, this.#origin);
    if (at === -1) this.#searched = Math.max(from, this.#filled - this.#format.bytes.length + 1);
    return at;
  }

  #decode(cut: number, ended: boolean): string[] {
    this.#checkLines(cut);
    const position = this.#origin + this.#line;
    const bytes = this.#held.subarray(this.#line, cut);
    this.#line = cut;
    this.#searched = cut;
    const text = position === 0 ? withoutMark(this.#format, bytes) : bytes;
    if (this.#format.fatal && !isText(this.#format, text)) throw this.#badText(position);
    return text.length === 0 ? [] : decodeLines(this.#format, text, ended);
  }

  /**
   * Refuse a line in `#line … to` that is longer than allowed; `to` is an end or the last byte
   * there is.
   */
  #checkLines(to: number): void {
    if (to - this.#line <= this.#lineBytesMax) return;
    const held = this.#held.subarray(0, to);
    for (let from = this.#line; from < to;) {
      const at = findDelimiter(this.#format, held, from, this.#origin);
      if ((at === -1 ? to : at) - from > this.#lineBytesMax) throw this.#lineTooLong(from);
      from = at === -1 ? to : at + this.#format.bytes.length;
    }
  }

  #lineTooLong(from: number): StorageError {
    const message =
      `readLines: a line too long at byte ${this.#origin + from} of ${shown(this.#url)}, ` +
      `got more than ${this.#lineBytesMax} bytes, wanted a shorter one. ` +
      "Check the delimiter, or raise lineBytesMax.";
    return new StorageError("storage/line-too-long", message, this.#url);
  }

  #badText(position: number): StorageError {
    const message =
      `readLines: not ${this.#format.encoding} text, got other bytes in ${shown(this.#url)} ` +
      `after byte ${position}, wanted valid text. ` +
      "Name the encoding of the file, or leave out fatal to get U+FFFD.";
    return new StorageError("storage/bad-encoding", message, this.#url);
  }
}
