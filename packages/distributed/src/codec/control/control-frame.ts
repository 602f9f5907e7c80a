import { Packr } from "msgpackr/pack";
import { Unpackr } from "msgpackr/unpack";
import { invalidArgument } from "../../errors.ts";
import { ColumnReader, ColumnWriter } from "./control-columns.ts";
import { CONTROL_LIMITS, type ControlLimits } from "./control-limits.ts";
import { isAllowedKey, scanControl } from "./control-scan.ts";
import { corruptFrame } from "../value/corrupt.ts";
import { FORMAT_VERSION } from "../value/format.ts";
import { pathTo } from "../value/path-to.ts";
import { describeValue } from "../value/refusal.ts";
import { isWellFormedText } from "../value/text.ts";

/** The version, three bytes that are 0, and the length of the message in four. */
const PREFIX_BYTES = 8;

/**
 * Imported by these paths, the library stays without its native part, which would read bytes of
 * peers outside of the engine. One for each direction, and neither remembers anything from one
 * message to the next: with shared records a decoder has to see every message of its encoder, in
 * order, and no other.
 */
const packr = new Packr({ useRecords: false, variableMapSize: true });
const unpackr = new Unpackr({ useRecords: false, mapsAsObjects: true });

/**
 * A message between the parts of a cluster as one frame: plain objects and arrays, texts, numbers,
 * booleans, null, undefined and typed arrays. Every value arrives exactly; key order is kept.
 *
 * @throws DistributedError `distributed/invalid-argument` for any other value, or for more than the
 *   limits of its reader
 */
export function encodeControl(
  message: unknown,
  limits: ControlLimits = CONTROL_LIMITS,
): Uint8Array<ArrayBuffer> {
  const writer = new MessageWriter(message, limits);
  const body = packr.pack(writer.plain(message, 0));
  const start = PREFIX_BYTES + body.byteLength;
  const end = writer.columns.end(start);
  if (end > limits.frameBytesMax) {
    throw invalid(`a message of ${end} bytes`, `up to ${limits.frameBytesMax}`);
  }
  const frame = new Uint8Array(end);
  frame[0] = FORMAT_VERSION;
  new DataView(frame.buffer).setUint32(4, body.byteLength, true);
  frame.set(body, PREFIX_BYTES);
  writer.columns.writeTo(frame, start);
  return frame;
}

/**
 * The message of a frame. Nothing is made of the bytes before all of them have been looked at, in
 * a time that grows with their number; typed arrays are views of the frame where it is aligned to
 * 8 bytes. The shape of the message is for the caller to check.
 *
 * @throws DistributedError `distributed/corrupt-frame` for anything that `encodeControl` does not
 *   write within these limits
 */
export function decodeControl(bytes: Uint8Array, limits: ControlLimits = CONTROL_LIMITS): unknown {
  const { byteLength } = bytes;
  if (byteLength > limits.frameBytesMax) throw corruptFrame(`${byteLength} bytes`);
  if (byteLength < PREFIX_BYTES) throw corruptFrame("less than a prefix");
  const view = new DataView(bytes.buffer, bytes.byteOffset, byteLength);
  if (view.getUint32(0, true) !== FORMAT_VERSION) throw corruptFrame("another version");
  const end = PREFIX_BYTES + view.getUint32(4, true);
  if (end > byteLength) throw corruptFrame("a length beyond its end");
  scanControl(bytes, PREFIX_BYTES, end, limits);
  const columns = new ColumnReader(bytes, end);
  const message = restored(unpacked(bytes.subarray(PREFIX_BYTES, end)), columns);
  columns.finish();
  return message;
}

/** Makes what MessagePack can hold of a message. */
class MessageWriter {
  readonly columns = new ColumnWriter();
  private readonly root: unknown;
  private readonly limits: ControlLimits;
  private nodes = 0;

  constructor(root: unknown, limits: ControlLimits) {
    this.root = root;
    this.limits = limits;
  }

  plain(value: unknown, depth: number): unknown {
    this.nodes += 1;
    const { depthMax, nodesMax } = this.limits;
    if (this.nodes > nodesMax) throw invalid("a message", `up to ${nodesMax} values`);
    if (depth > depthMax) throw invalid("a message", `up to ${depthMax} levels`);
    switch (typeof value) {
      case "string":
        return this.text(value);
      case "number":
        return value === 0 && 1 / value < 0 ? this.columns.negativeZero() : value;
      case "undefined":
        return this.columns.undefined();
      case "boolean":
        return value;
      case "object":
        return value === null ? null : this.object(value, depth);
      case "bigint":
      case "symbol":
      case "function":
        return this.refuse(value);
    }
  }

  private text(text: string): unknown {
    if (Buffer.byteLength(text) > this.limits.textBytesMax) {
      throw invalid("a text", `up to ${this.limits.textBytesMax} bytes`);
    }
    return isExactInUtf8(text) ? text : this.columns.text(text);
  }

  private object(value: object, depth: number): unknown {
    if (ArrayBuffer.isView(value)) return this.columns.column(value) ?? this.refuse(value);
    if (Array.isArray(value)) {
      return Array.from(value, (item: unknown) => this.plain(item, depth + 1));
    }
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype !== Object.prototype && prototype !== null) return this.refuse(value);
    const fields = Object.entries(value).map(([key, field]): [string, unknown] => {
      const isKey = isAllowedKey(key) && isExactInUtf8(key);
      if (!isKey || Buffer.byteLength(key) > this.limits.keyBytesMax) {
        throw invalid(
          `the key ${JSON.stringify(key.slice(0, 60))}`,
          "a key that is text and means nothing to every object",
          "Rename it.",
        );
      }
      this.nodes += 1;
      return [key, this.plain(field, depth + 1)];
    });
    return Object.fromEntries(fields);
  }

  private refuse(value: unknown): never {
    const path = `$${pathTo(this.root, value)}`;
    throw invalid(`${describeValue(value)} at ${path}`, "plain data", "Send a value as a block.");
  }
}

/** UTF-8 has no halves of pairs, and its readers cut off a mark of the order of bytes. */
function isExactInUtf8(text: string): boolean {
  return text.charCodeAt(0) !== 0xfeff && isWellFormedText(text);
}

function invalid(found: string, wanted: string, remedy = "Send less at a time."): Error {
  return invalidArgument("encodeControl", "a message cannot be sent", found, wanted, remedy);
}

/** What MessagePack holds; after the scan nothing of the bytes is left to be wrong. */
function unpacked(body: Uint8Array): unknown {
  try {
    return unpackr.unpack(body);
  } catch (error) {
    throw corruptFrame(`a message that cannot be read (${String(error)})`);
  }
}

/** Puts columns in the place of their descriptors; depth and number were checked before. */
function restored(value: unknown, columns: ColumnReader): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof Uint8Array) return columns.read(value);
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) value[i] = restored(value[i], columns);
    return value;
  }
  const fields = value as Record<string, unknown>;
  for (const key of Object.keys(fields)) fields[key] = restored(fields[key], columns);
  return fields;
}
