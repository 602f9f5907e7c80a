import { DistributedError } from "../errors.ts";
import type { Block } from "./block.ts";
import { decodeCut, isCut } from "./cut-block.ts";
import { ByteReader } from "./value/byte-reader.ts";
import { corrupt } from "./value/corrupt.ts";
import { Decoder, type DecodeOptions } from "./value/decoder.ts";
import { FORMAT_VERSION, PREFIX_BYTES } from "./value/format.ts";
import { isScalarTag, readScalar } from "./value/scalars.ts";
import { isInPieces, pieceCount, sliceBlock } from "./pieces.ts";

/**
 * The value of a block, equal to the one that was encoded. Large typed arrays and columns of Arrow
 * are views of the block's memory, so they must not be written to, unless `copies` is set;
 * everything else is new.
 *
 * Await `preparationFor(block)` first where it is defined.
 *
 * @throws DistributedError `distributed/corrupt-block`, `distributed/not-prepared`,
 * `distributed/unknown-codec`, `distributed/codec-failed`
 */
export function decodeValue(block: Block, options: DecodeOptions = {}): unknown {
  if (isCut(block)) {
    return decodeCut(block, (rest) => decodeValue(rest, options), options.copies === true);
  }
  if (isInPieces(block)) {
    return Array.from({ length: pieceCount(block) }, (_, j) => {
      const { header, buffers } = sliceBlock(block, j);
      return decodeFrom(header, 0, header.length, buffers, options);
    });
  }
  const { header, buffers } = block;
  return decodeFrom(header, 0, header.length, buffers, options);
}

/** The value whose header `encodeInto` wrote into an arena, from `start` up to `end`. */
export function decodeFrom(
  bytes: Uint8Array,
  start: number,
  end: number,
  buffers: readonly Uint8Array[] = [],
  options: DecodeOptions = {},
): unknown {
  if (isScalar(bytes, start, end)) return scalarFrom(bytes, start, end, buffers);
  try {
    return new Decoder(bytes, start, end, buffers, options).run();
  } catch (error) {
    // A pattern that is none, a size that no memory has: what the engine says of such bytes.
    if (error instanceof DistributedError || isStackOverflow(error)) throw error;
    throw corrupt("a value cannot be made", error);
  }
}

/** Whether it is one of most small results, for which a `Decoder` would cost more than they do. */
function isScalar(bytes: Uint8Array, start: number, end: number): boolean {
  return (
    end - start > PREFIX_BYTES &&
    bytes[start] === FORMAT_VERSION &&
    bytes[start + 1] === 0 &&
    isScalarTag(bytes[start + PREFIX_BYTES] as number)
  );
}

function scalarFrom(
  bytes: Uint8Array,
  start: number,
  end: number,
  buffers: readonly Uint8Array[],
): unknown {
  const input = new ByteReader(bytes, start + PREFIX_BYTES, end);
  const value = readScalar(input, input.byte());
  if (input.at !== end || buffers.length > 0) throw corrupt("there is more than a value");
  return value;
}

/** Whether there was too little stack, which says nothing about the bytes. */
function isStackOverflow(error: unknown): boolean {
  return error instanceof RangeError && error.message.includes("call stack");
}
