import type { Block } from "./block.ts";
import { ByteWriter } from "./value/byte-writer.ts";
import { Encoder, type EncodeOptions } from "./value/encoder.ts";
import { FORMAT_VERSION, PREFIX_BYTES, SHORT_TEXT_MAX, Tag } from "./value/format.ts";
import { writeNumber } from "./value/numbers.ts";
import { encodePieces } from "./pieces.ts";
import { shareBlock } from "./share-block.ts";
import { isWrittenShort } from "./value/text.ts";

/** How a value becomes a block. */
export interface EncodeValueOptions extends EncodeOptions {
  /** The value is an array whose items are to be read one by one; see `sliceBlock`. */
  readonly pieces?: boolean;
}

/** Memory of the last encoding that the next one writes into, unless it grew larger than this. */
const SCRATCH_BYTES_MAX = 4_194_304;

const noBuffers: readonly Uint8Array[] = Object.freeze([]);
let scratch: ByteWriter | undefined;

/**
 * A value at rest: `decodeValue` gives, in any thread or process, a value that nothing in the
 * language can tell from this one. With `shared`, all of the block is in memory that threads share.
 *
 * The value must not change from here on: large
 * typed arrays and ArrayBuffers are not copied, their memory is what the block consists of.
 *
 * @throws SerializationError `distributed/not-serializable` for what cannot leave a thread
 */
export function encodeValue(value: unknown, options: EncodeValueOptions = {}): Block {
  const encode = options.pieces === true ? encodePieces : encodeInto;
  return blockOf((out) => encode(out, value, options), options.shared);
}

/**
 * The block of a header that `write` writes, which gives the buffers; in memory that threads share
 * where it is to be.
 */
export function blockOf(
  write: (out: ByteWriter) => readonly Uint8Array[],
  shared: boolean | undefined,
): Block {
  const out = scratch ?? new ByteWriter();
  // An encode function of a codec may come back here.
  scratch = undefined;
  try {
    const buffers = write(out);
    if (shared !== true) return { header: out.copyFrom(0), buffers };
    return shareBlock({ header: out.bytes.subarray(0, out.length), buffers });
  } finally {
    out.length = 0;
    if (out.bytes.length <= SCRATCH_BYTES_MAX) scratch = out;
  }
}

/**
 * Writes the header of a value behind what is in the arena, and gives the buffers of its block:
 * for thousands of small values in one piece of memory. The header is what was added, to be read
 * by `decodeFrom`; on an error nothing is added.
 */
export function encodeInto(
  arena: ByteWriter,
  value: unknown,
  options: EncodeOptions = {},
): readonly Uint8Array[] {
  if (isWrittenAsScalar(arena, value)) return noBuffers;
  const start = arena.length;
  const encoder = new Encoder(arena, value, options);
  try {
    encoder.run();
  } catch (error) {
    arena.length = start;
    throw error;
  }
  return encoder.buffers.length === 0 ? noBuffers : encoder.buffers;
}

/** The short way of most small results, for which an `Encoder` would cost more than the value. */
function isWrittenAsScalar(out: ByteWriter, value: unknown): boolean {
  const start = out.length;
  out.room(PREFIX_BYTES + 1);
  out.bytes[out.length++] = FORMAT_VERSION;
  out.bytes[out.length++] = 0;
  switch (typeof value) {
    case "number":
      writeNumber(out, value);
      return true;
    case "boolean":
      out.byte(value ? Tag.true : Tag.false);
      return true;
    case "undefined":
      out.byte(Tag.undefined);
      return true;
    case "string":
      if (value.length <= SHORT_TEXT_MAX && isWrittenShort(out, value)) return true;
      break;
    case "object":
      if (value !== null) break;
      out.byte(Tag.null);
      return true;
    case "bigint":
    case "symbol":
    case "function":
  }
  out.length = start;
  return false;
}
