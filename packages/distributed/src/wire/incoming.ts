import { quoteValue } from "@millrace/graph/tasks";
import type { Block } from "../codec/block.ts";
import { blockIn, layoutBytes } from "../codec/block-layout.ts";
import { decodeControl } from "../codec/control/control-frame.ts";
import { decodeValue } from "../codec/decode-value.ts";
import { BUFFER_ALIGNMENT } from "../codec/share-block.ts";
import { corruptFrame } from "../codec/value/corrupt.ts";
import { FORMAT_VERSION } from "../codec/value/format.ts";
import type { Rows } from "../messages/rows.ts";
import { noRows } from "../messages/rows.ts";
import { partMark, partPrefixBytes } from "./outgoing.ts";
import type { WireLimits } from "./wire-limits.ts";

/** A part of which some or all bytes are here. */
interface Part {
  readonly bytes: Uint8Array;
  /** Up to where it has come: stretches come in their order, but for gaps between buffers. */
  end: number;
}

/**
 * Reads frames that `Outgoing` has made. Whatever a peer sends, no more memory is taken than the
 * limits say, and nothing but `distributed/corrupt-frame` is thrown.
 */
export class Incoming {
  readonly #limits: WireLimits;
  readonly #parts = new Map<number, Part>();
  #heldBytes = 0;

  constructor(limits: WireLimits) {
    this.#limits = limits;
  }

  /** The messages of a frame; none where it brings a part. */
  read(frame: Uint8Array): readonly Fields[] {
    if (frame[1] === partMark) {
      this.#readPart(frame);
      return [];
    }
    const messages = decodeControl(frame, this.#limits.control);
    if (!Array.isArray(messages)) throw corruptFrame("no list of messages");
    return messages.map((message: unknown) => new Fields(message, this));
  }

  #readPart(frame: Uint8Array): void {
    const { length } = frame;
    if (length < partPrefixBytes || frame[0] !== FORMAT_VERSION) throw corruptFrame("no part");
    const prefix = new DataView(frame.buffer, frame.byteOffset, partPrefixBytes);
    const number = prefix.getUint32(4, true);
    const bytes = prefix.getUint32(8, true);
    const place = prefix.getUint32(12, true);
    const part = this.#parts.get(number) ?? this.#openPart(number, bytes);
    const stretch = frame.subarray(partPrefixBytes);
    const end = place + stretch.length;
    const isNext = place >= part.end && place < part.end + BUFFER_ALIGNMENT;
    if (part.bytes.length !== bytes || !isNext || end > bytes || (end === place && bytes > 0)) {
      throw corruptFrame("a stretch of a part that is out of place");
    }
    part.bytes.set(stretch, place);
    part.end = end;
  }

  #openPart(number: number, bytes: number): Part {
    const { partBytesMax, heldBytesMax, heldPartsMax } = this.#limits;
    this.#heldBytes += bytes;
    if (bytes > partBytesMax) throw corruptFrame(`a part of ${bytes} bytes`);
    if (this.#heldBytes > heldBytesMax || this.#parts.size >= heldPartsMax) {
      throw corruptFrame("parts that no message names");
    }
    const part = { bytes: new Uint8Array(new SharedArrayBuffer(bytes)), end: 0 };
    this.#parts.set(number, part);
    return part;
  }

  /** The part that a message names; it may name it once. */
  take(number: number): Uint8Array {
    const part = this.#parts.get(number);
    if (part === undefined || part.bytes.length - part.end >= BUFFER_ALIGNMENT) {
      throw corruptFrame("a message whose part is not here");
    }
    this.#parts.delete(number);
    this.#heldBytes -= part.bytes.length;
    return part.bytes;
  }
}

/** What needs no quotes to be read in a line of text. */
const isPlain = /^[\w.+-]{1,64}$/;

/** Reads the fields of a message, or of an object in one: each must be what it is asked for as. */
export class Fields {
  readonly #fields: Readonly<Record<string, unknown>>;
  readonly #parts: Incoming;

  constructor(fields: unknown, parts: Incoming) {
    if (typeof fields !== "object" || fields === null || Array.isArray(fields)) {
      throw corruptFrame("a message that is no object");
    }
    this.#fields = fields as Record<string, unknown>;
    this.#parts = parts;
  }

  /** Whether there is such a field. */
  has(name: string): boolean {
    return this.#fields[name] !== undefined;
  }

  is(name: string, value: unknown): boolean {
    return this.#fields[name] === value;
  }

  /** For people: what a field is, whatever that is. */
  told(name: string): string {
    const value = this.#fields[name];
    const isWord = typeof value === "string" && isPlain.test(value) && Number.isNaN(Number(value));
    return isWord ? value : quoteValue(value);
  }

  /** A whole number of 0 or more. */
  whole(name: string, most: number = Number.MAX_SAFE_INTEGER): number {
    const value = this.#fields[name];
    if (!Number.isSafeInteger(value) || (value as number) < 0 || (value as number) > most) {
      throw this.#wrong(name);
    }
    return value as number;
  }

  /** A number that is finite. */
  number(name: string): number {
    const value = this.#fields[name];
    if (typeof value !== "number" || !Number.isFinite(value)) throw this.#wrong(name);
    return value;
  }

  flag(name: string): boolean {
    const value = this.#fields[name];
    if (typeof value !== "boolean") throw this.#wrong(name);
    return value;
  }

  text(name: string, most: number = 4_096): string {
    const value = this.#fields[name];
    if (typeof value !== "string" || value.length > most) throw this.#wrong(name);
    return value;
  }

  /** One of some texts. */
  oneOf<T extends string>(name: string, words: readonly T[]): T {
    const word = words.find((each) => each === this.#fields[name]);
    if (word === undefined) throw this.#wrong(name);
    return word;
  }

  /** Rows of so many whole numbers each; `measured` ones may have fractions. */
  rows(name: string, columns: number, kind: "whole" | "measured" = "whole"): Rows {
    const column = this.#column(name);
    if (column.length % columns !== 0) throw this.#wrong(name);
    if (column.length === 0) return noRows;
    const isRight = kind === "whole" ? Number.isSafeInteger : Number.isFinite;
    if (column instanceof Float64Array && !column.every(isRight)) throw this.#wrong(name);
    return Array.from(column);
  }

  #column(name: string): Int32Array | Float64Array {
    const value = this.#fields[name];
    if (value instanceof Int32Array || value instanceof Float64Array) return value;
    if (!isPartName(value)) throw this.#wrong(name);
    const bytes = this.#parts.take(value.part);
    const width = value.wide === true ? 8 : 4;
    if (bytes.length % width !== 0) throw this.#wrong(name);
    const length = bytes.length / width;
    return width === 8 ? new Float64Array(bytes.buffer, 0, length) : new Int32Array(bytes.buffer);
  }

  /** Bytes that nobody else looks at. */
  bytes(name: string): Uint8Array {
    const value = this.#fields[name];
    // A view of the frame would keep all of it.
    if (value instanceof Uint8Array) return value.slice();
    if (!isPartName(value)) throw this.#wrong(name);
    return this.#parts.take(value.part);
  }

  block(name: string): Block {
    const value = this.#fields[name];
    if (!isPartName(value) || value.lengths === undefined) {
      return { header: this.bytes(name), buffers: [] };
    }
    const lengths = new Fields(value, this.#parts).rows("lengths", 1);
    const bytes = this.#parts.take(value.part);
    const isRight = lengths.length > 0 && lengths.every((length) => length >= 0);
    if (!isRight || layoutBytes(lengths) !== bytes.length) throw this.#wrong(name);
    return blockIn(bytes.buffer, lengths);
  }

  /** A list of texts that was sent as a block, for those may be many. */
  texts(name: string): readonly string[] {
    const block = this.block(name);
    let value: unknown;
    try {
      value = decodeValue(block);
    } catch (error) {
      throw corruptFrame(`the field ${name}, which cannot be read (${String(error)})`);
    }
    const isRight = Array.isArray(value) && value.every((each) => typeof each === "string");
    if (!isRight) throw this.#wrong(name);
    return value as readonly string[];
  }

  /** An object in this one. */
  object<T>(name: string, read: (fields: Fields) => T): T {
    return read(new Fields(this.#fields[name], this.#parts));
  }

  /** The objects of a list. */
  list<T>(name: string, read: (fields: Fields) => T): readonly T[] {
    const value = this.#fields[name];
    if (!Array.isArray(value)) throw this.#wrong(name);
    return value.map((item: unknown) => read(new Fields(item, this.#parts)));
  }

  #wrong(name: string): Error {
    return corruptFrame(`the field ${name}, which is not what it should be`);
  }
}

interface PartName {
  readonly part: number;
  readonly wide?: unknown;
  readonly lengths?: unknown;
}

function isPartName(value: unknown): value is PartName {
  return typeof value === "object" && value !== null && Number.isInteger((value as PartName).part);
}
