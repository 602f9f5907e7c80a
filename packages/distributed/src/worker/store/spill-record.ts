import type { Block } from "../../codec/block.ts";

/*
 * A block on disk, which is also what it is in memory after it was read: a count of buffers and the
 * length of every part, as 8-byte little-endian floating point numbers, which are exact to 2^53;
 * then the header and the buffers, each at a multiple of 8, so that any typed array can be laid
 * over them. One read brings it into a shared buffer, and the parts are views of that.
 */

const ALIGNMENT = 8;
const NUMBER_BYTES = 8;
const zeros = new Uint8Array(ALIGNMENT);

/** How many bytes the record of a block takes. */
export function recordBytes(block: Block): number {
  let bytes = prefixBytes(block.buffers.length) + padded(block.header.byteLength);
  for (const buffer of block.buffers) bytes += padded(buffer.byteLength);
  return bytes;
}

/** The record in pieces, in order; long ones are the bytes of the block themselves, no copies. */
export function* recordPieces(block: Block): Generator<Uint8Array> {
  const prefix = new Uint8Array(prefixBytes(block.buffers.length));
  writePrefix(new DataView(prefix.buffer), 0, block);
  yield prefix;
  yield* piecesOf(block.header);
  for (const buffer of block.buffers) yield* piecesOf(buffer);
}

/** Writes the record of a block at `offset` of `target`; gives its end. */
export function packRecord(target: Buffer, offset: number, block: Block): number {
  const view = new DataView(target.buffer, target.byteOffset);
  let end = writePrefix(view, offset, block);
  end = packPart(target, end, block.header);
  for (const buffer of block.buffers) end = packPart(target, end, buffer);
  return end;
}

function packPart(target: Buffer, offset: number, part: Uint8Array): number {
  target.set(part, offset);
  const end = offset + padded(part.byteLength);
  // What was there before is nobody's business on disk.
  for (let at = offset + part.byteLength; at < end; at++) target[at] = 0;
  return end;
}

/** The block of a record that is known to be intact. Its parts are views of `record`. */
export function blockOfRecord(record: Uint8Array): Block {
  const view = new DataView(record.buffer, record.byteOffset);
  const count = view.getFloat64(0, true);
  let start = prefixBytes(count);
  const parts: Uint8Array[] = [];
  for (let part = 0; part <= count; part++) {
    const length = view.getFloat64((1 + part) * NUMBER_BYTES, true);
    parts.push(new Uint8Array(record.buffer, record.byteOffset + start, length));
    start += padded(length);
  }
  const [header, ...buffers] = parts as [Uint8Array, ...Uint8Array[]];
  return { header, buffers };
}

function prefixBytes(bufferCount: number): number {
  return (2 + bufferCount) * NUMBER_BYTES;
}

function writePrefix(view: DataView, offset: number, { header, buffers }: Block): number {
  view.setFloat64(offset, buffers.length, true);
  view.setFloat64(offset + NUMBER_BYTES, header.byteLength, true);
  let end = offset + 2 * NUMBER_BYTES;
  for (const buffer of buffers) {
    view.setFloat64(end, buffer.byteLength, true);
    end += NUMBER_BYTES;
  }
  return end;
}

function* piecesOf(part: Uint8Array): Generator<Uint8Array> {
  if (part.byteLength > 0) yield part;
  const padding = padded(part.byteLength) - part.byteLength;
  if (padding > 0) yield zeros.subarray(0, padding);
}

function padded(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
}
