import { crc32 } from "node:zlib";
import { DataFault } from "./data-error.ts";
import { PREFIX_BYTES } from "./greeting.ts";

/** What is done with what comes in. All may throw: the connection is of no use then. */
export interface FrameTaker {
  /** The first bytes of the other side, before its first frame. */
  greeted(magic: number, version: number): void;
  /** A frame: memory of its own, aligned. */
  frame(bytes: Uint8Array): void;
  /**
   * A block begins, of so many bytes: the pieces of memory that it fills, one after the other and
   * none of them empty, in a list for the reader; or undefined where nobody wants it.
   */
  begun(byteCount: number): Uint8Array[] | undefined;
  /** The block that was begun is complete; `check` is its CRC-32, or 0 where nobody asked. */
  completed(check: number): void;
}

const LENGTH_BYTES = 4;
const SCRATCH_BYTES = 64 * 1024;
/** The rest of a block that is read at once into its memory: about 2 ms of work. */
const READ_BYTES_MAX = 8 * 2 ** 20;
/** Shorter rests are copied: another read would cost more. */
const DIRECT_BYTES_LEAST = 16 * 1024;

/**
 * Cuts what a socket brings into frames and the blocks behind them. It says where the next bytes
 * should be read to, which is the memory of a block itself where much of it is to come.
 */
export class FrameReader {
  /** The longest frame that may be announced. */
  frameBytesMax: number;
  isChecked = false;
  /** A block of which something came, and not all. */
  isWithin = false;
  readonly #taker: FrameTaker;
  readonly #scratch = new Uint8Array(SCRATCH_BYTES);
  /** Magic and version stand before the first length. */
  #head = Buffer.alloc(PREFIX_BYTES + LENGTH_BYTES);
  #headLength = 0;
  #frame: Uint8Array | undefined;
  #frameLength = 0;
  /** The sizes of the blocks that are to come, and which is next. */
  #sizes: readonly number[] = [];
  #next = 0;
  /** The pieces of its memory that are not full. */
  #pieces: Uint8Array[] | undefined;
  #left = 0;
  #check = 0;
  #isDirect = false;
  #isStopped = false;

  constructor(taker: FrameTaker, frameBytesMax: number) {
    this.#taker = taker;
    this.frameBytesMax = frameBytesMax;
  }

  /** Whether nothing was begun: the next byte is the first of a frame. */
  get isBetween(): boolean {
    return this.#headLength === 0 && this.#frame === undefined && this.#next >= this.#sizes.length;
  }

  /** Blocks of these sizes follow the frame that is being taken. */
  expect(sizes: readonly number[]): void {
    this.#sizes = sizes;
    this.#next = 0;
  }

  /** Nothing more is taken. */
  stop(): void {
    this.#isStopped = true;
    this.#pieces = undefined;
    this.#sizes = [];
  }

  /** Where the next bytes should be read to; `read` says how many came. */
  destination(): Uint8Array {
    const piece = this.#pieces?.[0];
    this.#isDirect = piece !== undefined && piece.length >= DIRECT_BYTES_LEAST;
    return this.#isDirect ? (piece as Uint8Array).subarray(0, READ_BYTES_MAX) : this.#scratch;
  }

  /** So many bytes came to where `destination` said. */
  read(byteCount: number): void {
    if (!this.#isDirect) this.take(this.#scratch.subarray(0, byteCount));
    else if (!this.#isStopped) this.#advance(byteCount);
  }

  /** Bytes came; they are copied. */
  take(bytes: Uint8Array): void {
    let rest = bytes;
    while (rest.length > 0 && !this.#isStopped) {
      const taken = this.isWithin ? this.#takeBlock(rest) : this.#takeFrame(rest);
      rest = rest.subarray(taken);
    }
  }

  #takeBlock(bytes: Uint8Array): number {
    const piece = this.#pieces?.[0];
    const count = Math.min(bytes.length, piece?.length ?? this.#left);
    piece?.set(bytes.subarray(0, count));
    this.#advance(count);
    return count;
  }

  /** Bytes of a block are in its memory, or were to be dropped. */
  #advance(count: number): void {
    const piece = this.#pieces?.[0];
    if (piece !== undefined) {
      if (this.isChecked) this.#check = crc32(piece.subarray(0, count), this.#check);
      if (count === piece.length) this.#pieces?.shift();
      else (this.#pieces as Uint8Array[])[0] = piece.subarray(count);
    }
    this.#left -= count;
    if (this.#left === 0) {
      this.#complete();
      this.#beginNext();
    }
  }

  #complete(): void {
    this.isWithin = false;
    this.#pieces = undefined;
    this.#taker.completed(this.#check);
  }

  /** Goes on to the next block that has any bytes. */
  #beginNext(): void {
    while (this.#next < this.#sizes.length) {
      const size = this.#sizes[this.#next++] as number;
      this.#left = size;
      this.#check = 0;
      this.#pieces = this.#taker.begun(size);
      this.isWithin = size > 0;
      if (this.isWithin) return;
      this.#complete();
    }
  }

  #takeFrame(bytes: Uint8Array): number {
    if (this.#frame === undefined) return this.#takeHead(bytes);
    const count = Math.min(bytes.length, this.#frame.length - this.#frameLength);
    this.#frame.set(bytes.subarray(0, count), this.#frameLength);
    this.#frameLength += count;
    if (this.#frameLength === this.#frame.length) {
      const frame = this.#frame;
      this.#frame = undefined;
      this.#taker.frame(frame);
      this.#beginNext();
    }
    return count;
  }

  #takeHead(bytes: Uint8Array): number {
    const count = Math.min(bytes.length, this.#head.length - this.#headLength);
    this.#head.set(bytes.subarray(0, count), this.#headLength);
    const before = this.#headLength;
    this.#headLength += count;
    const isGreeting = this.#head.length > LENGTH_BYTES;
    // Told as soon as it is there: whoever is not one of us may never send a length.
    if (isGreeting && before < PREFIX_BYTES && this.#headLength >= PREFIX_BYTES) {
      this.#taker.greeted(this.#head.readUInt32LE(0), this.#head.readUInt32LE(4));
    }
    if (this.#headLength < this.#head.length || this.#isStopped) return count;
    const length = this.#head.readUInt32LE(this.#head.length - LENGTH_BYTES);
    if (length > this.frameBytesMax || length === 0) {
      throw new DataFault(`a frame of ${length} bytes`);
    }
    if (isGreeting) this.#head = Buffer.alloc(LENGTH_BYTES);
    this.#headLength = 0;
    this.#frame = new Uint8Array(length);
    this.#frameLength = 0;
    return count;
  }
}
