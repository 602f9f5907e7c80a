import type { Block } from "../codec/block.ts";
import { alignedEnd, layoutBytes } from "../codec/block-layout.ts";
import { encodeControl } from "../codec/control/control-frame.ts";
import { encodeValue } from "../codec/encode-value.ts";
import { FORMAT_VERSION } from "../codec/value/format.ts";
import { invalidArgument } from "../errors.ts";
import type { Rows } from "../messages/rows.ts";
import type { WireLimits } from "./wire-limits.ts";

/** The second byte of a frame that brings a stretch of a part; messages have 0 there. */
export const partMark = 1;
/** Before the bytes of a part: version, mark, two zeros, its number and length, the place. */
export const partPrefixBytes = 16;
/** Bytes of a part in one frame: larger messages slow a socket down. */
const stretchBytes = 2 ** 20;
/** What is no longer stands in the frame of its message, as long as that holds not much. */
const inlineBytesMax = 4_096;
const messageBytesMax = 2 ** 16;
/** A frame of messages is ended when it holds about so many bytes, or so many messages. */
const frameBytesGoal = 2 ** 18;
const frameMessagesMax = 1_000;

/** A frame as it is sent: its pieces one after another, none of which is copied. */
export type OutgoingFrame = readonly Uint8Array[];

/**
 * Makes frames of messages. What is long in a message, such as a function or a value, becomes a
 * part: it goes ahead in frames of its own, and the message names it.
 */
export class Outgoing {
  readonly #limits: WireLimits;
  #messages: unknown[] = [];
  /** Bytes that stand in the frame, and those of them that the next message names. */
  #frameBytes = 0;
  #messageBytes = 0;
  #frames: OutgoingFrame[] = [];
  #partCount = 0;

  constructor(limits: WireLimits) {
    this.#limits = limits;
  }

  /** Rows as a message has them: a column of whole numbers. */
  rows(rows: Rows): unknown {
    const column = isSmall(rows) ? Int32Array.from(rows) : Float64Array.from(rows);
    if (this.#fits(column)) return column;
    const bytes = new Uint8Array(column.buffer);
    return { part: this.#part([bytes]), wide: column instanceof Float64Array };
  }

  /** Bytes as a message has them. */
  bytes(bytes: Uint8Array): unknown {
    return this.#fits(bytes) ? bytes : { part: this.#part([bytes]) };
  }

  /** A block as a message has it. */
  block(block: Block): unknown {
    const { header, buffers } = block;
    if (buffers.length === 0) return this.bytes(header);
    const all = [header, ...buffers];
    return { part: this.#part(all), lengths: this.rows(all.map(({ length }) => length)) };
  }

  /** A list of texts that may be many, as a message has it. */
  texts(texts: readonly string[]): unknown {
    return this.block(encodeValue(texts));
  }

  /** One more message, made of what the other methods gave. */
  add(message: unknown): void {
    this.#messages.push(message);
    this.#frameBytes += this.#messageBytes;
    this.#messageBytes = 0;
    if (this.#frameBytes < frameBytesGoal && this.#messages.length < frameMessagesMax) return;
    this.#endFrame();
  }

  /** All frames, in the order to send them. */
  take(): readonly OutgoingFrame[] {
    if (this.#messages.length > 0) this.#endFrame();
    const frames = this.#frames;
    this.#frames = [];
    return frames;
  }

  #endFrame(): void {
    this.#frames.push([encodeControl(this.#messages, this.#limits.control)]);
    this.#messages = [];
    this.#frameBytes = 0;
  }

  #fits({ byteLength }: ArrayBufferView): boolean {
    if (byteLength > inlineBytesMax) return false;
    if (this.#messageBytes + byteLength > messageBytesMax) return false;
    this.#messageBytes += byteLength;
    return true;
  }

  /** Gives a part its number, and its frames their place before the message. */
  #part(buffers: readonly Uint8Array[]): number {
    const number = this.#partCount;
    this.#partCount = (number + 1) >>> 0;
    const bytes = layoutBytes(buffers.map(({ length }) => length));
    if (bytes > this.#limits.partBytesMax) throw tooLarge(bytes, this.#limits.partBytesMax);
    let place = 0;
    if (bytes === 0) this.#frames.push([partPrefix(number, 0, 0)]);
    for (const buffer of buffers) {
      for (let from = 0; from < buffer.length; from += stretchBytes) {
        const stretch = buffer.subarray(from, from + stretchBytes);
        this.#frames.push([partPrefix(number, bytes, place + from), stretch]);
      }
      place = alignedEnd(place + buffer.length);
    }
    return number;
  }
}

function isSmall(rows: Rows): boolean {
  for (let n = 0; n < rows.length; n++) if (rows[n] !== ((rows[n] as number) | 0)) return false;
  return true;
}

function partPrefix(number: number, bytes: number, place: number): Uint8Array {
  const prefix = Buffer.alloc(partPrefixBytes);
  prefix[0] = FORMAT_VERSION;
  prefix[1] = partMark;
  prefix.writeUInt32LE(number, 4);
  prefix.writeUInt32LE(bytes, 8);
  prefix.writeUInt32LE(place, 12);
  return prefix;
}

function tooLarge(bytes: number, most: number): Error {
  return invalidArgument(
    "send",
    "a part of a message is too large",
    `${bytes} bytes`,
    `up to ${most}`,
    "Read large data in the tasks, or scatter it.",
  );
}
