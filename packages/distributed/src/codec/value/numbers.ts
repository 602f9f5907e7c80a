import { endianness } from "node:os";
import { doubleScratch, doubleScratchBytes, type ByteWriter } from "./byte-writer.ts";
import type { ByteReader } from "./byte-reader.ts";
import { corrupt } from "./corrupt.ts";
import type { Decoder } from "./decoder.ts";
import type { Encoder } from "./encoder.ts";
import { BUFFER_BYTES_MIN, Items, Tag } from "./format.ts";

/** The kinds of {@link Items} that are numbers of one width. */
export type NumberKind =
  typeof Items.uint8 | typeof Items.int16 | typeof Items.int32 | typeof Items.double;

/** Added to the kind of a column whose numbers are a buffer of the block. */
const OUTSIDE = 0x80;

/** One number with its tag, in as few bytes as it needs. */
export function writeNumber(out: ByteWriter, value: number): void {
  if (!isInt32(value)) {
    out.byte(Tag.double);
    out.double(value);
    return;
  }
  out.room(5);
  const { bytes } = out;
  let at = out.length;
  if (value >= 0 && value < Tag.shortText) {
    bytes[at++] = value;
  } else if (value === (value << 24) >> 24) {
    bytes[at++] = Tag.int8;
    bytes[at++] = value;
  } else {
    const wide = value !== (value << 16) >> 16;
    bytes[at++] = wide ? Tag.int32 : Tag.int16;
    bytes[at++] = value;
    bytes[at++] = value >> 8;
    if (wide) {
      bytes[at++] = value >> 16;
      bytes[at++] = value >> 24;
    }
  }
  out.length = at;
}

/** The number behind one of the tags of numbers. */
export function readNumber(input: ByteReader, tag: number): number {
  if (tag === Tag.double) return input.double();
  const { bytes } = input;
  if (tag === Tag.int8) return (input.byte() << 24) >> 24;
  const at = input.skip(tag === Tag.int16 ? 2 : 4);
  const low = (bytes[at] as number) | ((bytes[at + 1] as number) << 8);
  if (tag === Tag.int16) return (low << 16) >> 16;
  return low | ((bytes[at + 2] as number) << 16) | ((bytes[at + 3] as number) << 24);
}

/** Whether a number is a whole one of 32 bits, and not -0, which only a double can hold. */
function isInt32(value: number): boolean {
  return (value | 0) === value && (value !== 0 || 1 / value > 0);
}

/** The narrowest kind that holds all items; undefined when one of them is no number. */
export function numberKindOf(items: readonly unknown[]): NumberKind | undefined {
  const { length } = items;
  let low = 0;
  let high = 0;
  let i = 0;
  for (; i < length; i++) {
    const value = items[i];
    if (typeof value !== "number") return undefined;
    if (!isInt32(value)) break;
    if (value < low) low = value;
    else if (value > high) high = value;
  }
  if (i === length) return wholeKind(low, high);
  for (; i < length; i++) if (typeof items[i] !== "number") return undefined;
  return Items.double;
}

function wholeKind(low: number, high: number): NumberKind {
  if (low >= 0 && high <= 0xff) return Items.uint8;
  return low >= -0x8000 && high <= 0x7fff ? Items.int16 : Items.int32;
}

/** How many numbers, then all of them without tags; the kind says their width. */
export function writeNumbers(encoder: Encoder, kind: NumberKind, items: readonly number[]): void {
  const { out } = encoder;
  const outside = items.length * widthOf(kind) >= BUFFER_BYTES_MIN;
  out.byte(outside ? kind | OUTSIDE : kind);
  out.natural(items.length);
  if (outside) writeOutside(encoder, kind, items);
  else writeInside(out, kind, items);
}

/** Whole numbers that the reader knows the count of, such as lengths. */
export function writeWholes(encoder: Encoder, wholes: Int32Array): void {
  const { out } = encoder;
  let high = 0;
  for (let i = 0; i < wholes.length; i++) {
    const whole = wholes[i] as number;
    if (whole > high) high = whole;
  }
  const kind = wholeKind(0, high);
  const outside = wholes.length * widthOf(kind) >= BUFFER_BYTES_MIN;
  out.byte(outside ? kind | OUTSIDE : kind);
  if (outside) writeOutside(encoder, kind, wholes);
  else writeInside(out, kind, wholes);
}

/** Reads what {@link writeWholes} wrote. */
export function readWholes(decoder: Decoder, count: number): ArrayLike<number> {
  const kind = decoder.input.byte();
  if (!isNumberKind(kind)) throw corrupt("lengths are no numbers");
  const wholes = readNumbers(decoder, kind, count);
  for (let i = 0; i < count; i++) {
    const whole = wholes[i] as number;
    if (!(whole >= 0 && Number.isInteger(whole))) throw corrupt("a length is no whole number");
  }
  return wholes;
}

/** Whether the first byte of a column says that it is numbers. */
export function isNumberKind(kind: number): boolean {
  const width = kind & ~OUTSIDE;
  return width >= Items.uint8 && width <= Items.double;
}

/** The numbers of a column: a view of the block where they stand well, else a copy. */
export function readNumbers(decoder: Decoder, kind: number, count: number): ArrayLike<number> {
  const bare = (kind & ~OUTSIDE) as NumberKind;
  const width = widthOf(bare);
  if ((kind & OUTSIDE) !== 0) {
    const buffer = decoder.buffer(decoder.input.natural());
    if (buffer.byteLength !== count * width) throw corrupt("a column has another length");
    return typed(bare, buffer.byteOffset % width === 0 ? buffer : Uint8Array.from(buffer), count);
  }
  const at = decoder.input.skip(count * width);
  const { bytes } = decoder.input;
  if (count < COPY_MIN) return readInside(bytes, at, bare, count);
  const copy = new Uint8Array(count * width);
  copy.set(bytes.subarray(at, at + copy.length));
  return typed(bare, copy, count);
}

/**
 * Numbers from which it pays to copy the bytes of all and to look at them as numbers; never where
 * the machine looks at them from the other end.
 */
const COPY_MIN = endianness() === "LE" ? 24 : Infinity;

function readInside(bytes: Uint8Array, start: number, kind: NumberKind, count: number): number[] {
  const numbers: number[] = new Array<number>(count);
  let at = start;
  for (let i = 0; i < count; i++) {
    switch (kind) {
      case Items.uint8:
        numbers[i] = bytes[at++] as number;
        break;
      case Items.int16:
        numbers[i] = (((bytes[at++] as number) | ((bytes[at++] as number) << 8)) << 16) >> 16;
        break;
      case Items.int32:
        numbers[i] =
          (bytes[at++] as number) |
          ((bytes[at++] as number) << 8) |
          ((bytes[at++] as number) << 16) |
          ((bytes[at++] as number) << 24);
        break;
      case Items.double:
        for (let j = 0; j < 8; j++) doubleScratchBytes[j] = bytes[at++] as number;
        numbers[i] = doubleScratch[0] as number;
    }
  }
  return numbers;
}

function writeInside(out: ByteWriter, kind: NumberKind, numbers: ArrayLike<number>): void {
  out.room(numbers.length * widthOf(kind));
  const { bytes } = out;
  let at = out.length;
  for (let i = 0; i < numbers.length; i++) {
    const value = numbers[i] as number;
    switch (kind) {
      case Items.uint8:
        bytes[at++] = value;
        break;
      case Items.int16:
        bytes[at++] = value;
        bytes[at++] = value >> 8;
        break;
      case Items.int32:
        bytes[at++] = value;
        bytes[at++] = value >> 8;
        bytes[at++] = value >> 16;
        bytes[at++] = value >> 24;
        break;
      case Items.double:
        doubleScratch[0] = value;
        for (let j = 0; j < 8; j++) bytes[at++] = doubleScratchBytes[j] as number;
    }
  }
  out.length = at;
}

function writeOutside(encoder: Encoder, kind: NumberKind, numbers: ArrayLike<number>): void {
  const { length } = numbers;
  const memory = encoder.allocate(length * widthOf(kind));
  encoder.out.natural(encoder.addBuffer(memory));
  // A loop for each kind of array, so that the engine sees one kind in each.
  switch (kind) {
    case Items.uint8: {
      for (let i = 0; i < length; i++) memory[i] = numbers[i] as number;
      return;
    }
    case Items.int16: {
      const target = new Int16Array(memory.buffer, memory.byteOffset, length);
      for (let i = 0; i < length; i++) target[i] = numbers[i] as number;
      return;
    }
    case Items.int32: {
      const target = new Int32Array(memory.buffer, memory.byteOffset, length);
      for (let i = 0; i < length; i++) target[i] = numbers[i] as number;
      return;
    }
    case Items.double: {
      const target = new Float64Array(memory.buffer, memory.byteOffset, length);
      for (let i = 0; i < length; i++) target[i] = numbers[i] as number;
    }
  }
}

function typed(kind: NumberKind, bytes: Uint8Array, count: number): ArrayLike<number> {
  switch (kind) {
    case Items.uint8:
      return bytes;
    case Items.int16:
      return new Int16Array(bytes.buffer, bytes.byteOffset, count);
    case Items.int32:
      return new Int32Array(bytes.buffer, bytes.byteOffset, count);
    case Items.double:
      return new Float64Array(bytes.buffer, bytes.byteOffset, count);
  }
}

function widthOf(kind: NumberKind): 1 | 2 | 4 | 8 {
  switch (kind) {
    case Items.uint8:
      return 1;
    case Items.int16:
      return 2;
    case Items.int32:
      return 4;
    case Items.double:
      return 8;
  }
}
