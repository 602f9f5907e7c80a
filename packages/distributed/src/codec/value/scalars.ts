import type { ByteReader } from "./byte-reader.ts";
import { corrupt } from "./corrupt.ts";
import type { Decoder } from "./decoder.ts";
import type { Encoder } from "./encoder.ts";
import { Tag, WELL_KNOWN_SYMBOLS } from "./format.ts";
import { readNumber } from "./numbers.ts";
import { readShortText, writeText } from "./text.ts";

/** Whether what follows a tag is a number, a short text or nothing, with no more around it. */
export function isScalarTag(tag: number): boolean {
  return tag < Tag.bigint;
}

/** The value behind a tag that {@link isScalarTag} is true of. */
export function readScalar(input: ByteReader, tag: number): unknown {
  if (tag < Tag.shortText) return tag;
  if (tag < Tag.undefined) return readShortText(input, tag - Tag.shortText);
  return tag < Tag.int8 ? constantOf(tag) : readNumber(input, tag);
}

/** The sign, then the size in hexadecimal digits, two to a byte. */
export function writeBigInt(encoder: Encoder, value: bigint): void {
  const { out } = encoder;
  const isNegative = value < 0n;
  const digits = (isNegative ? -value : value).toString(16);
  const even = digits.length % 2 === 0 ? digits : `0${digits}`;
  const bytes = even.length / 2;
  out.byte(Tag.bigint);
  out.byte(isNegative ? 1 : 0);
  out.natural(bytes);
  out.room(bytes);
  out.length += out.bytes.write(even, out.length, "hex");
}

/** Reads what follows {@link Tag.bigint}. */
export function readBigInt({ input }: Decoder): bigint {
  const isNegative = input.byte() === 1;
  const bytes = input.count();
  if (bytes === 0) throw corrupt("a bigint has no digits");
  const at = input.skip(bytes);
  const size = BigInt(`0x${input.buffer().toString("hex", at, at + bytes)}`);
  return isNegative ? -size : size;
}

/** A symbol that other threads have as well; any other is refused. */
export function writeSymbol(encoder: Encoder, value: symbol): void {
  const { out } = encoder;
  const key = Symbol.keyFor(value);
  if (key !== undefined) {
    out.byte(Tag.registeredSymbol);
    return writeText(encoder, key);
  }
  const code = WELL_KNOWN_SYMBOLS.indexOf(value);
  if (code < 0) encoder.refuse(value);
  out.byte(Tag.wellKnownSymbol);
  out.byte(code);
}

/** Reads what follows {@link Tag.registeredSymbol}. */
export function readRegisteredSymbol(decoder: Decoder): symbol {
  const key = decoder.value();
  if (typeof key !== "string") throw corrupt("a symbol has no key");
  return Symbol.for(key);
}

/** Reads what follows {@link Tag.wellKnownSymbol}. */
export function readWellKnownSymbol({ input }: Decoder): symbol {
  const symbol = WELL_KNOWN_SYMBOLS[input.byte()];
  if (symbol === undefined) throw corrupt("there is no such symbol");
  return symbol;
}

/** The value that its tag says all of. */
export function constantOf(tag: number): unknown {
  switch (tag) {
    case Tag.undefined:
      return undefined;
    case Tag.null:
      return null;
    case Tag.false:
      return false;
    case Tag.true:
      return true;
    default:
      throw corrupt(`there is no constant ${tag}`);
  }
}
