import { Cut, quoteValue } from "@millrace/graph/tasks";
import { invalidArgument } from "../errors.ts";
import type { Block } from "./block.ts";
import { encodeCut, isCut, sliceCut } from "./cut-block.ts";
import type { ByteWriter } from "./value/byte-writer.ts";
import { corrupt } from "./value/corrupt.ts";
import { Encoder, type EncodeOptions } from "./value/encoder.ts";
import { FORMAT_VERSION, Flag, PREFIX_BYTES, SHARED_FLAGS, UINT32_BYTES } from "./value/format.ts";
import { hasOnlyItems } from "./value/only-items.ts";

/** The table begins behind the prefix and the count; a row is two ends. */
const TABLE_START = PREFIX_BYTES + UINT32_BYTES;
const ROW_BYTES = 2 * UINT32_BYTES;

/**
 * Writes each item of an array as a value of its own, behind a table of where the header and the
 * buffers of each end. What two items share is in both. A `Cut` is written as what it is.
 */
export function encodePieces(
  out: ByteWriter,
  value: unknown,
  options: EncodeOptions,
): readonly Uint8Array[] {
  if (value instanceof Cut) return encodeCut(out, value, options);
  if (!Array.isArray(value) || !hasOnlyItems(value)) {
    throw invalidArgument(
      "encode",
      "a value in pieces",
      quoteValue(value),
      "an array that is nothing but its items, or a Cut",
      "Return an array with one item for each reader.",
    );
  }
  const buffers: Uint8Array[] = [];
  let flags: number = Flag.pieces;
  out.byte(FORMAT_VERSION);
  out.byte(0);
  out.uint32(value.length);
  out.room(value.length * ROW_BYTES);
  out.length += value.length * ROW_BYTES;
  for (const [j, item] of (value as unknown[]).entries()) {
    const start = out.length;
    const encoder = new Encoder(out, item, options, `$[${j}]`);
    encoder.run();
    for (const buffer of encoder.buffers) buffers.push(buffer);
    flags |= (out.bytes[start + 1] as number) & SHARED_FLAGS;
    const row = TABLE_START + j * ROW_BYTES;
    out.bytes.writeUInt32LE(out.length, row);
    out.bytes.writeUInt32LE(buffers.length, row + UINT32_BYTES);
  }
  out.bytes[1] = flags;
  return buffers;
}

/** Whether a block was encoded with `pieces`. */
export function isInPieces({ header }: Block): boolean {
  return header[0] === FORMAT_VERSION && ((header[1] ?? 0) & Flag.pieces) !== 0;
}

/** How many pieces a block has that was encoded with `pieces`. */
export function pieceCount(block: Block): number {
  if (!isInPieces(block)) throw corrupt("it is not in pieces");
  const { length } = block.header;
  const count = length < TABLE_START ? Infinity : uint32(block.header, PREFIX_BYTES);
  if (isCut(block) && count < Infinity) return count;
  if (TABLE_START + count * ROW_BYTES > length) throw corrupt("it ends too early");
  return count;
}

/**
 * The block of item number `j`, counted from 0: views of the same memory, nothing is decoded or
 * copied.
 */
export function sliceBlock(block: Block, j: number): Block {
  const count = pieceCount(block);
  if (!Number.isInteger(j) || j < 0 || j >= count) {
    throw invalidArgument(
      "sliceBlock",
      "there is no such piece",
      String(j),
      count === 0 ? "none, for there are no pieces" : `0 to ${count - 1}`,
      "Ask pieceCount(block) first.",
    );
  }
  if (isCut(block)) return sliceCut(block, j);
  const [start, firstBuffer] = j === 0 ? [TABLE_START + count * ROW_BYTES, 0] : ends(block, j - 1);
  const [end, lastBuffer] = ends(block, j);
  if (start > end || end > block.header.length || firstBuffer > lastBuffer) {
    throw corrupt("a piece is out of place");
  }
  return {
    header: block.header.subarray(start, end),
    buffers: block.buffers.slice(firstBuffer, lastBuffer),
  };
}

/** Where the header and the buffers of a piece end. */
function ends({ header }: Block, j: number): [header: number, buffers: number] {
  const row = TABLE_START + j * ROW_BYTES;
  return [uint32(header, row), uint32(header, row + UINT32_BYTES)];
}

function uint32(bytes: Uint8Array, at: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(at, true);
}
