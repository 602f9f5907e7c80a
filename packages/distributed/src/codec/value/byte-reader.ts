import { doubleScratch, doubleScratchBytes } from "./byte-writer.ts";
import { corrupt } from "./corrupt.ts";

/** Reads a range of bytes from front to back; every step checks that it stays inside. */
export class ByteReader {
  readonly bytes: Uint8Array;
  /** The next byte. */
  at: number;
  /** Behind the last byte. */
  end: number;
  private text: Buffer | undefined;

  constructor(bytes: Uint8Array, at: number, end: number) {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
  }

  byte(): number {
    if (this.at >= this.end) throw corrupt("it ends too early");
    return this.bytes[this.at++] as number;
  }

  natural(): number {
    let value = this.byte();
    if (value < 0x80) return value;
    value &= 0x7f;
    for (let scale = 0x80; scale < 2 ** 56; scale *= 0x80) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        if (value > Number.MAX_SAFE_INTEGER) break;
        return value;
      }
    }
    throw corrupt("a number is too long");
  }

  /** A number of things that follow; each takes a byte or more, so more than that is a lie. */
  count(): number {
    const count = this.natural();
    this.need(count);
    return count;
  }

  uint32(): number {
    const at = this.skip(4);
    const { bytes } = this;
    const low = (bytes[at] as number) | ((bytes[at + 1] as number) << 8);
    return (low | ((bytes[at + 2] as number) << 16)) + (bytes[at + 3] as number) * 2 ** 24;
  }

  double(): number {
    const at = this.skip(8);
    for (let i = 0; i < 8; i++) doubleScratchBytes[i] = this.bytes[at + i] as number;
    return doubleScratch[0] as number;
  }

  /** A view of the next `count` bytes. */
  raw(count: number): Uint8Array {
    const at = this.skip(count);
    return this.bytes.subarray(at, at + count);
  }

  /** Where the next `count` bytes begin; the reader goes on behind them. */
  skip(count: number): number {
    this.need(count);
    this.at += count;
    return this.at - count;
  }

  need(count: number): void {
    if (count > this.end - this.at) throw corrupt("it ends too early");
  }

  /** The same bytes as a Buffer, which has the fast ways from bytes to texts. */
  buffer(): Buffer {
    this.text ??= asBuffer(this.bytes);
    return this.text;
  }
}

/** The same memory, seen as a Buffer. */
export function asBuffer(bytes: Uint8Array): Buffer {
  if (Buffer.isBuffer(bytes)) return bytes;
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
