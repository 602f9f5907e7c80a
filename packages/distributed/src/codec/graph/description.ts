import { DistributedError } from "../../errors.ts";
import type { Block } from "../block.ts";
import { decodeFrom } from "../decode-value.ts";
import { blockOf, encodeInto } from "../encode-value.ts";
import { ByteReader } from "../value/byte-reader.ts";
import type { ByteWriter } from "../value/byte-writer.ts";
import { corruptGraph } from "../value/corrupt.ts";
import { CHARACTERS_MIN, CHARACTERS_PER_BYTE, type FormCode } from "./format.ts";
import { blockBytes } from "../block.ts";

/** What a block consists of. */
export interface Description {
  /** Arrays of plain values, as the codec of values writes them. */
  readonly columns: readonly unknown[];
  /** The table of objects, and whole numbers. */
  readonly objects: ByteReader;
  readonly code: ByteReader;
  /** Buffers that are parts of shipped values. */
  readonly parts: readonly Uint8Array[];
  /** Characters that may be made of it. */
  readonly charactersMax: number;
}

/**
 * A header of the form, how many of the buffers are parts, the table of objects and the numbers
 * with their lengths, and the columns as a value. The parts stand behind the buffers of that.
 */
export function writeDescription(
  form: FormCode,
  columns: readonly unknown[],
  objects: ByteWriter,
  code: ByteWriter | undefined,
  parts: readonly Uint8Array[],
): Block {
  return blockOf((out) => {
    out.byte(form);
    out.natural(parts.length);
    writeSection(out, objects);
    writeSection(out, code);
    const buffers = encodeInto(out, columns);
    return parts.length === 0 ? buffers : [...buffers, ...parts];
  }, false);
}

function writeSection(out: ByteWriter, section: ByteWriter | undefined): void {
  const { bytes, length = 0 } = section ?? {};
  out.natural(length);
  if (bytes !== undefined) out.raw(bytes.subarray(0, length));
}

/** Reads what {@link writeDescription} wrote; nothing is checked yet but that it is plain. */
export function readDescription(block: Block, form: FormCode): Description {
  const { header, buffers } = block;
  const input = new ByteReader(header, 0, header.length);
  if (input.byte() !== form) throw corruptGraph("a block of another form");
  const own = buffers.length - input.natural();
  if (own < 0) throw corruptGraph("fewer buffers than are named");
  const objects = readSection(input);
  const code = readSection(input);
  const plain = { isPlain: true };
  const columns = listOf(decodeFrom(header, input.at, header.length, buffers.slice(0, own), plain));
  const charactersMax = CHARACTERS_MIN + CHARACTERS_PER_BYTE * blockBytes(block);
  return { columns, objects, code, parts: buffers.slice(own), charactersMax };
}

function readSection(input: ByteReader): ByteReader {
  const start = input.skip(input.natural());
  return new ByteReader(input.bytes, start, input.at);
}

/** A part of a description that must be an array. */
export function listOf(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw corruptGraph("something else than a list");
  return value;
}

/** A part of a description that must be an array of texts. */
export function textsOf(value: unknown): readonly string[] {
  const list = listOf(value);
  for (let i = 0; i < list.length; i++) {
    if (typeof list[i] !== "string") throw corruptGraph("something else than a text");
  }
  return list as readonly string[];
}

/** What `read` gives; whatever it throws becomes the one error for what is no graph. */
export function checkedRead<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof DistributedError && error.code === "distributed/corrupt-frame")
      throw error;
    const found = error instanceof Error ? error.message : String(error);
    throw corruptGraph(`what cannot be read (${found.slice(0, 200)})`, error);
  }
}
