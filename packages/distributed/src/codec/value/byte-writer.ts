import { SerializationError } from "../../errors.ts";
import { HEADER_BYTES_MAX } from "./format.ts";

/** A double and its bytes, in the order of the machine. */
export const doubleScratch: Float64Array<ArrayBuffer> = new Float64Array(1);
/** The bytes of {@link doubleScratch}. */
export const doubleScratchBytes: Uint8Array<ArrayBuffer> = new Uint8Array(doubleScratch.buffer);

/** Bytes up to which a call of `set` costs more than a loop. */
export const LOOPED_MAX = 32;

/**
 * A buffer that grows. What is written stays where it is, counted from the front, while `bytes` is
 * replaced when it is full; whoever wants memory that lasts takes a copy or gives the writer away.
 */
export class ByteWriter {
  /** The memory; valid up to `length`. */
  bytes: Buffer;
  /** Bytes written so far; setting it back forgets what was written after. */
  length = 0;

  constructor(capacityBytes = 1_024) {
    this.bytes = Buffer.allocUnsafeSlow(capacityBytes);
  }

  /** Makes sure that `count` more bytes fit. */
  room(count: number): void {
    const needed = this.length + count;
    if (needed <= this.bytes.length) return;
    if (needed > HEADER_BYTES_MAX) {
      throw new SerializationError(
        "$",
        `more than ${HEADER_BYTES_MAX} bytes of small values`,
        "Split the value into several.",
      );
    }
    const grown = Buffer.allocUnsafeSlow(
      Math.min(Math.max(this.bytes.length * 2, needed), HEADER_BYTES_MAX),
    );
    grown.set(this.bytes.subarray(0, this.length));
    this.bytes = grown;
  }

  byte(value: number): void {
    if (this.length === this.bytes.length) this.room(1);
    this.bytes[this.length++] = value;
  }

  /** A whole number from 0 to 2^53 - 1, seven bits a byte, the lowest first. */
  natural(value: number): void {
    this.room(8);
    let rest = value;
    while (rest >= 0x80) {
      this.bytes[this.length++] = (rest & 0x7f) | 0x80;
      rest = rest > 0x7fff_ffff ? Math.floor(rest / 0x80) : rest >>> 7;
    }
    this.bytes[this.length++] = rest;
  }

  /** Four bytes, the lowest first. */
  uint32(value: number): void {
    this.room(4);
    this.length = this.bytes.writeUInt32LE(value, this.length);
  }

  double(value: number): void {
    this.room(8);
    doubleScratch[0] = value;
    for (let i = 0; i < 8; i++) this.bytes[this.length++] = doubleScratchBytes[i] as number;
  }

  raw(bytes: Uint8Array): void {
    const count = bytes.length;
    this.room(count);
    if (count > LOOPED_MAX) this.bytes.set(bytes, this.length);
    else for (let i = 0; i < count; i++) this.bytes[this.length + i] = bytes[i] as number;
    this.length += count;
  }

  /** A copy of its own of what was written from `start` on. */
  copyFrom(start: number): Uint8Array<ArrayBuffer> {
    const count = this.length - start;
    const copy = new Uint8Array(count);
    if (count > LOOPED_MAX) copy.set(this.bytes.subarray(start, this.length));
    else for (let i = 0; i < count; i++) copy[i] = this.bytes[start + i] as number;
    return copy;
  }
}
