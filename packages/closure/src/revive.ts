import { build } from "./build.ts";
import { checkNodes } from "./check-nodes.ts";
import { hashOf, open, type Envelope } from "./envelope.ts";
import { CaptureError, quote } from "./errors.ts";
import type { AnyFunction } from "./inspector.ts";
import { loadReferences } from "./load.ts";
import { memoize, type Captured } from "./memo.ts";
import { corrupt } from "./wire.ts";

// A worker revives each function once. The bound is on count; the oldest goes first.
const revived = new Map<string, Promise<AnyFunction>>();
const revivedMax = 1_024;

/**
 * The function that was captured, in this process; `packed` stays as it is.
 *
 * Revived once in each thread: the same content hash gives the very same function again (the last
 * 1,024 are kept), so what the function keeps in captured objects or statics lasts from call to
 * call, and is shared by all who revive it here. Packages and modules that it refers to are
 * imported first; everything else is made at once from the bytes.
 *
 * Bytes are code: revive only what comes from a source that is trusted to run code here. The
 * checksum tells damage, not forgery.
 *
 * @param packed - what `capture` returned, or its bytes
 * @returns the function; `F` is believed, not checked
 * @throws CaptureError `closure/corrupt` for bytes that are damaged, cut short, or of another
 *   version of the format; `closure/missing-package`, `closure/version-mismatch`,
 *   `closure/missing-export`, `closure/unknown-codec` and `closure/syntax` when this process lacks
 *   what the function needs; `closure/codec` when a codec or `reduce` fails here
 * @example
 * ```ts
 * import { capture, revive } from "@millrace/closure";
 *
 * const words = new Set(["a", "the"]);
 * const packed = capture((text: string) => text.split(" ").filter((word) => !words.has(word)));
 * const strip = await revive<(text: string) => string[]>(packed);
 * strip("the last word"); // => ["last", "word"]
 * ```
 */
export async function revive<F = (...args: unknown[]) => unknown>(
  packed: Captured | Uint8Array,
): Promise<F> {
  const bytes = packed instanceof Uint8Array ? packed : (packed as Captured | undefined)?.bytes;
  if (!(bytes instanceof Uint8Array)) {
    throw new CaptureError(
      "closure/invalid-argument",
      `revive: the argument must be what capture returned or its bytes, got ${quote(packed)}. ` +
        "Pass the bytes as a Uint8Array.",
    );
  }
  const envelope = open(bytes);
  const hash = hashOf(bytes);
  const known = revived.get(hash);
  if (known !== undefined) return (await known) as F;
  const made = make(envelope);
  if (revived.size >= revivedMax) revived.delete(revived.keys().next().value!);
  revived.set(hash, made);
  try {
    const fn = await made;
    memoize(fn, Object.freeze({ bytes: Uint8Array.from(bytes), hash }));
    return fn as F;
  } catch (error) {
    // A package may be installed, or a codec registered, before the next attempt.
    revived.delete(hash);
    throw error;
  }
}

async function make(envelope: Envelope): Promise<AnyFunction> {
  const { nodes, hints } = checkNodes(envelope.content, envelope.hints);
  const loaded = await loadReferences(nodes, hints);
  let fn: unknown;
  try {
    fn = build(nodes, hints, loaded);
  } catch (error) {
    // Nothing of the program runs here but codecs, whose errors have a code of their own.
    throw error instanceof CaptureError ? error : corrupt("a value cannot be made", error);
  }
  if (typeof fn !== "function") throw corrupt("it does not hold a function");
  return fn as AnyFunction;
}
