import type { CutArray, CutPart, CutPiece } from "@millrace/graph/tasks";
import { Cut } from "@millrace/graph/tasks";
import type { Block } from "./block.ts";
import type { ByteWriter } from "./value/byte-writer.ts";
import { corrupt } from "./value/corrupt.ts";
import { Encoder, type EncodeOptions } from "./value/encoder.ts";
import { FORMAT_VERSION, Flag, PREFIX_BYTES, SHARED_FLAGS, UINT32_BYTES } from "./value/format.ts";

type CutArrayClass = {
  readonly BYTES_PER_ELEMENT: number;
  new (memory: ArrayBufferLike, byteOffset: number, length: number): CutArray;
};

/** By code: the order never changes, new ones are added at the end. */
const arrayClasses: readonly CutArrayClass[] = [
  Int8Array,
  Int16Array,
  Int32Array,
  Uint8Array,
  Uint16Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
];

/** Added to the code of an array of which each piece gets all. */
const WHOLE = 128;

/**
 * Writes a `Cut`: the number of pieces and of arrays, a byte an array, where each piece ends in
 * those arrays that are cut, and `rest` as a value. Its buffers are the arrays, then those of
 * `rest`. A block of one piece says the same but for the number of pieces and the ends, and its
 * buffers are parts of these.
 */
export function encodeCut(
  out: ByteWriter,
  { count, rest, parts }: Cut,
  options: EncodeOptions,
): readonly Uint8Array[] {
  const start = out.length;
  out.byte(FORMAT_VERSION);
  out.byte(0);
  out.uint32(count);
  out.uint32(parts.length);
  for (const { array, ends } of parts) {
    const code = arrayClasses.findIndex((known) => array instanceof known);
    out.byte(ends === undefined ? code | WHOLE : code);
  }
  for (const { ends } of parts) if (ends !== undefined) out.raw(bytesOf(ends));
  const at = out.length;
  const encoder = new Encoder(out, rest, options, "$.rest");
  encoder.run();
  out.bytes[start + 1] = Flag.pieces | Flag.cut | ((out.bytes[at + 1] as number) & SHARED_FLAGS);
  return [...parts.map(({ array }) => bytesOf(array)), ...encoder.buffers];
}

function bytesOf({ buffer, byteOffset, byteLength }: CutArray): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** Whether a block is a `Cut` or one piece of it. */
export function isCut({ header }: Block): boolean {
  return header[0] === FORMAT_VERSION && ((header[1] ?? 0) & Flag.cut) !== 0;
}

/** The block of piece `j` of a `Cut`: views of the same memory. */
export function sliceCut(block: Block, j: number): Block {
  const { codes, ends, restAt } = readTable(block);
  const { header, buffers } = block;
  const rest = header.subarray(restAt);
  const own = new Uint8Array(PREFIX_BYTES + UINT32_BYTES + codes.length + rest.length);
  own[0] = FORMAT_VERSION;
  own[1] = (header[1] as number) & ~Flag.pieces;
  viewOf(own).setUint32(PREFIX_BYTES, codes.length, true);
  own.set(codes, PREFIX_BYTES + UINT32_BYTES);
  own.set(rest, PREFIX_BYTES + UINT32_BYTES + codes.length);
  const parts = buffers.map((buffer, n) => {
    const of = ends[n];
    if (of === undefined) return buffer;
    const { BYTES_PER_ELEMENT: width } = classOf(codes[n] as number);
    return buffer.subarray((of[j] as number) * width, (of[j + 1] as number) * width);
  });
  return { header: own, buffers: parts };
}

/** A `Cut`, or the piece that a block of one piece is; `decodeRest` gives the value of a block. */
export function decodeCut(
  block: Block,
  decodeRest: (block: Block) => unknown,
  isCopied: boolean,
): Cut | CutPiece {
  const { buffers } = block;
  const { count, codes, ends } = readTable(block);
  const rest = decodeRest(restOfCut(block));
  const arrays = [...codes].map((code, n) => {
    const { buffer, byteOffset, byteLength } = buffers[n] as Uint8Array;
    const Class = classOf(code);
    const length = byteLength / Class.BYTES_PER_ELEMENT;
    if (!Number.isInteger(length)) throw corrupt("an array ends within an element");
    if (!isCopied && byteOffset % Class.BYTES_PER_ELEMENT === 0) {
      return new Class(buffer, byteOffset, length);
    }
    const copy = new Uint8Array(byteLength);
    copy.set(buffers[n] as Uint8Array);
    return new Class(copy.buffer, 0, length);
  });
  const parts = arrays.map((array, n): CutPart => ({ array, ends: ends[n] }));
  return count === undefined ? new Cut(1, rest, parts).piece(0) : new Cut(count, rest, parts);
}

/** The block of what all pieces have in common. */
export function restOfCut(block: Block): Block {
  const { codes, restAt } = readTable(block);
  return { header: block.header.subarray(restAt), buffers: block.buffers.slice(codes.length) };
}

interface Table {
  /** Undefined where the block is that of one piece. */
  readonly count: number | undefined;
  readonly codes: Uint8Array;
  readonly ends: readonly (Int32Array | undefined)[];
  /** Where `rest` begins in the header. */
  readonly restAt: number;
}

function readTable({ header, buffers }: Block): Table {
  const view = viewOf(header);
  const inPieces = ((header[1] as number) & Flag.pieces) !== 0;
  let at = PREFIX_BYTES;
  const number = (): number => {
    if (at + UINT32_BYTES > header.length) throw corrupt("it ends too early");
    at += UINT32_BYTES;
    return view.getUint32(at - UINT32_BYTES, true);
  };
  const count = inPieces ? number() : undefined;
  const arrayCount = number();
  if (arrayCount > buffers.length) throw corrupt("a buffer is missing");
  if (at + arrayCount > header.length) throw corrupt("it ends too early");
  const codes = header.slice(at, at + arrayCount);
  at += arrayCount;
  const ends = [...codes].map((code, n): Int32Array | undefined => {
    if (count === undefined || code >= WHOLE) return undefined;
    const bytes = (count + 1) * UINT32_BYTES;
    if (at + bytes > header.length) throw corrupt("it ends too early");
    const of = new Int32Array(header.slice(at, at + bytes).buffer);
    at += bytes;
    checkEnds(of, (buffers[n] as Uint8Array).length / classOf(code).BYTES_PER_ELEMENT);
    return of;
  });
  return { count, codes, ends, restAt: at };
}

function checkEnds(ends: Int32Array, length: number): void {
  let before = 0;
  for (const end of ends) {
    if (end < before || end > length) throw corrupt("a piece is out of place");
    before = end;
  }
}

function classOf(code: number): CutArrayClass {
  const known = arrayClasses[code & ~WHOLE];
  if (known === undefined) throw corrupt(`there is no array of code ${code}`);
  return known;
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}
