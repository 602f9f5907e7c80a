import { codecFor, codecNamed, type Codec } from "@millrace/closure/tasks";
import { DistributedError } from "../../errors.ts";
import { corrupt } from "./corrupt.ts";
import type { Decoder } from "./decoder.ts";
import type { Encoder } from "./encoder.ts";
import { Need, Tag } from "./format.ts";
import { notPrepared } from "./needs.ts";
import { describeValue } from "./refusal.ts";
import { writeText } from "./text.ts";

/**
 * A value of a class with a codec: the name of the codec and what its `encode` gives; false, with
 * nothing written, where no codec claims the value.
 */
export function writeCodecValue(encoder: Encoder, value: object): boolean {
  const codec = claimed(encoder, value);
  if (codec === undefined) return false;
  const open = { value, name: codec.name, payload: payloadOf(encoder, codec, value) };
  if (codec.module !== undefined) {
    encoder.need(codec.name, { kind: Need.codec, module: String(codec.module) });
  }
  encoder.out.byte(Tag.codec);
  writeText(encoder, codec.name);
  encoder.codecs.push(open);
  encoder.complete(open.payload);
  encoder.codecs.pop();
  return true;
}

function claimed(encoder: Encoder, value: object): Codec | undefined {
  try {
    return codecFor(value);
  } catch (error) {
    return refuse(encoder, value, "at which the test of a codec threw", "test", error);
  }
}

function payloadOf(encoder: Encoder, codec: Codec, value: object): unknown {
  try {
    return codec.encode(value);
  } catch (error) {
    const what = `whose codec ${JSON.stringify(codec.name)} threw`;
    return refuse(encoder, value, what, "encode", error);
  }
}

function refuse(
  encoder: Encoder,
  value: object,
  what: string,
  part: string,
  cause: unknown,
): never {
  const remedy = `Mend its function ${part}; \`cause\` is what it threw.`;
  return encoder.refuseBecause(value, `${describeValue(value)}, ${what},`, remedy, cause);
}

/** Reads what follows {@link Tag.codec}. */
export function readCodecValue(decoder: Decoder): object {
  const number = decoder.reserve();
  const name = decoder.value();
  if (typeof name !== "string") throw corrupt("a codec has no name");
  const codec = codecNamed(name);
  if (codec === undefined)
    throw decoder.isNeeded(name)
      ? notPrepared(`the codec ${JSON.stringify(name)}`)
      : unknownCodec(name);
  const value = decoded(codec, decoder.complete());
  if (typeof value !== "object" || value === null) {
    throw failed(name, "gave no object, and only objects have codecs");
  }
  decoder.settle(number, value);
  return value;
}

function decoded(codec: Codec, payload: unknown): unknown {
  try {
    return codec.decode(payload);
  } catch (error) {
    throw failed(codec.name, "threw", error);
  }
}

function failed(name: string, what: string, cause?: unknown): DistributedError {
  return new DistributedError(
    "distributed/codec-failed",
    `decode: the function decode of the codec ${JSON.stringify(name)} ${what}. ` +
      "Mend the codec; `cause` is what it threw, if it did.",
    cause === undefined ? undefined : { cause },
  );
}

/** The error for a value whose codec this thread does not have. */
export function unknownCodec(name: string): DistributedError {
  return new DistributedError(
    "distributed/unknown-codec",
    `decode: no codec is registered here under this name, got ${JSON.stringify(name)}. ` +
      "Import the module that calls registerCodec first, or name it in the codec's module option.",
  );
}
