import { ByteReader, asBuffer } from "./byte-reader.ts";
import type { ByteWriter } from "./byte-writer.ts";
import { corrupt } from "./corrupt.ts";
import type { Decoder } from "./decoder.ts";
import type { Encoder } from "./encoder.ts";
import { RUN_CHARACTERS_MAX, SHORT_TEXT_MAX, TEXT_BUFFER_BYTES_MIN, Tag, Text } from "./format.ts";
import { readWholes, writeWholes } from "./numbers.ts";
import { roomFor } from "./room.ts";

type TextKind = (typeof Text)[keyof typeof Text];

/** Added to the kind of a text whose bytes are a buffer of the block. */
const OUTSIDE = 0x80;

// A string that V8 keeps in one byte a character cannot match, so most answers cost nothing.
const beyondLatin1 = /[\u0100-\uffff]/;

/** One string with its tag. */
export function writeText(encoder: Encoder, text: string): void {
  const { out } = encoder;
  if (text.length <= SHORT_TEXT_MAX && isWrittenShort(out, text)) return;
  out.byte(Tag.text);
  const kind = kindOf(text);
  const bytes = bytesOf(kind, text);
  if (bytes < TEXT_BUFFER_BYTES_MIN) {
    out.byte(kind);
    out.natural(bytes);
    out.room(bytes);
    out.length += out.bytes.write(text, out.length, bytes, nodeName(kind));
    return;
  }
  const memory = encoder.allocate(bytes);
  asBuffer(memory).write(text, 0, bytes, nodeName(kind));
  out.byte(kind | OUTSIDE);
  out.natural(encoder.addBuffer(memory));
}

/** Latin-1 of up to 31 characters; false, with nothing written, where it is not. */
export function isWrittenShort(out: ByteWriter, text: string): boolean {
  const { length } = text;
  out.room(length + 1);
  const { bytes, length: start } = out;
  for (let i = 0; i < length; i++) {
    const unit = text.charCodeAt(i);
    if (unit > 0xff) return false;
    bytes[start + 1 + i] = unit;
  }
  bytes[start] = Tag.shortText + length;
  out.length = start + 1 + length;
  return true;
}

/** The string behind {@link Tag.text}. */
export function readText(decoder: Decoder): string {
  const { input } = decoder;
  const kind = input.byte();
  if ((kind & OUTSIDE) !== 0) {
    const memory = decoder.buffer(input.natural());
    return textOf(kind & ~OUTSIDE, asBuffer(memory), 0, memory.length);
  }
  const bytes = input.natural();
  const at = input.skip(bytes);
  return textOf(kind, input.buffer(), at, bytes);
}

/** The string behind a tag of a short text. */
export function readShortText(input: ByteReader, length: number): string {
  const at = input.skip(length);
  const { bytes } = input;
  // A call into the engine costs as much as a dozen characters.
  if (length > 12) return input.buffer().toString("latin1", at, at + length);
  let text = "";
  let i = 0;
  for (; i + 4 <= length; i += 4) {
    text += String.fromCharCode(
      bytes[at + i] as number,
      bytes[at + i + 1] as number,
      bytes[at + i + 2] as number,
      bytes[at + i + 3] as number,
    );
  }
  for (; i < length; i++) text += String.fromCharCode(bytes[at + i] as number);
  return text;
}

/**
 * Many strings: their lengths, then the text of up to 16,384 characters at a time. One long string
 * is joined, written and read in one call each, and cut with `substring`, which copies nothing.
 */
export function writeTexts(encoder: Encoder, texts: readonly string[]): void {
  const lengths = new Int32Array(texts.length);
  let characters = 0;
  for (let i = 0; i < lengths.length; i++) {
    lengths[i] = (texts[i] as string).length;
    characters += lengths[i] as number;
  }
  writeWholes(encoder, lengths);
  const runs = new Runs(encoder, characters);
  let run = "";
  for (let i = 0; i < texts.length; i++) {
    const text = texts[i] as string;
    if (run.length + text.length > RUN_CHARACTERS_MAX && run !== "") {
      runs.write(run);
      run = "";
    }
    run += text;
  }
  if (run !== "") runs.write(run);
  runs.finish();
}

/** Reads `count` strings that {@link writeTexts} wrote. */
export function readTexts(decoder: Decoder, count: number): string[] {
  const lengths = readWholes(decoder, count);
  const mark = decoder.input.natural();
  const memory = mark === 0 ? undefined : decoder.buffer(mark - 1);
  const outside = memory && new ByteReader(memory, 0, memory.length);
  const texts = roomFor(count) as string[];
  let run = "";
  let at = 0;
  for (let i = 0; i < count; i++) {
    const length = lengths[i] as number;
    if (at === run.length && length > 0) {
      run = readRun(decoder.input, outside);
      at = 0;
    }
    if (length > run.length - at) throw corrupt("a string crosses the end of its text");
    texts[i] = run.substring(at, at + length);
    at += length;
  }
  const isUsedUp = outside === undefined || outside.at === outside.end;
  if (at !== run.length || !isUsedUp) throw corrupt("there is text that belongs to no string");
  return texts;
}

/**
 * Where runs of text go: into a buffer of the block while they fit, else into the header. How wide
 * the characters of a column are, its first run tells well enough.
 */
class Runs {
  private readonly encoder: Encoder;
  private readonly characters: number;
  /** The number of the buffer; -1 for a column that is too small to have one. */
  private readonly number: number;
  private memory: Buffer | undefined;
  private used = 0;

  constructor(encoder: Encoder, characters: number) {
    this.encoder = encoder;
    this.characters = characters;
    const isSmall = characters < TEXT_BUFFER_BYTES_MIN;
    this.number = isSmall ? -1 : encoder.addBuffer(new Uint8Array(0));
    encoder.out.natural(this.number + 1);
  }

  write(text: string): void {
    const { out } = this.encoder;
    const kind = kindOf(text);
    const bytes = bytesOf(kind, text);
    const memory = this.memoryFor(kind);
    const isOutside = memory !== undefined && bytes <= memory.length - this.used;
    out.byte(isOutside ? kind | OUTSIDE : kind);
    out.natural(bytes);
    if (isOutside) {
      this.used += memory.write(text, this.used, bytes, nodeName(kind));
      return;
    }
    out.room(bytes);
    out.length += out.bytes.write(text, out.length, bytes, nodeName(kind));
  }

  finish(): void {
    const { encoder, memory, used } = this;
    if (memory === undefined) return;
    const bytes = new Uint8Array(memory.buffer, 0, used);
    // What was asked for and not needed would stay in memory as long as the block.
    const isTight = used * 4 >= memory.length * 3;
    encoder.buffers[this.number] = isTight ? bytes : copied(encoder, bytes);
  }

  private memoryFor(kind: TextKind): Buffer | undefined {
    if (this.number >= 0 && this.memory === undefined) {
      const width = kind === Text.latin1 ? 1 : kind === Text.utf8 ? 1.25 : 2;
      this.memory = asBuffer(this.encoder.allocate(Math.ceil(this.characters * width)));
    }
    return this.memory;
  }
}

function copied(encoder: Encoder, bytes: Uint8Array): Uint8Array {
  const copy = encoder.allocate(bytes.length);
  copy.set(bytes);
  return copy;
}

function readRun(input: ByteReader, outside: ByteReader | undefined): string {
  const kind = input.byte();
  const bytes = input.natural();
  const from = (kind & OUTSIDE) === 0 ? input : outside;
  if (from === undefined) throw corrupt("a text is in no buffer");
  const at = from.skip(bytes);
  return textOf(kind & ~OUTSIDE, from.buffer(), at, bytes);
}

function textOf(kind: number, from: Buffer, at: number, bytes: number): string {
  if (kind === Text.utf16 && bytes % 2 !== 0) throw corrupt("a text ends in half a character");
  return from.toString(nodeName(kind), at, at + bytes);
}

/**
 * Latin-1 and UTF-16 are read at the speed of memory, UTF-8 at a twentieth of it: it is worth
 * that where nearly all is ASCII and UTF-16 would take almost twice the bytes.
 */
function kindOf(text: string): TextKind {
  if (!beyondLatin1.test(text)) return Text.latin1;
  const compact = isMostlyAscii(text) && Buffer.byteLength(text, "utf8") < text.length * 1.2;
  return compact && isWellFormedText(text) ? Text.utf8 : Text.utf16;
}

/** Characters that are looked at before all are counted. */
const SAMPLE = 64;

function isMostlyAscii(text: string): boolean {
  const step = Math.ceil(text.length / SAMPLE);
  let others = 0;
  for (let i = 0; i < text.length; i += step) if (text.charCodeAt(i) > 0x7f) others += 1;
  return others * step * 8 < text.length;
}

function bytesOf(kind: TextKind, text: string): number {
  switch (kind) {
    case Text.latin1:
      return text.length;
    case Text.utf8:
      return Buffer.byteLength(text, "utf8");
    case Text.utf16:
      return text.length * 2;
  }
}

function nodeName(kind: number): "latin1" | "utf8" | "utf16le" {
  switch (kind) {
    case Text.latin1:
      return "latin1";
    case Text.utf8:
      return "utf8";
    case Text.utf16:
      return "utf16le";
  }
  throw corrupt(`there is no kind of text ${kind}`);
}

// Every Node since 20 has it; the types come with the library of ES2024.
const { isWellFormed } = String.prototype as unknown as {
  readonly isWellFormed: (this: string) => boolean;
};

/** Whether no half of a pair of characters stands alone, so that UTF-8 can hold the text. */
export function isWellFormedText(text: string): boolean {
  return isWellFormed.call(text);
}
