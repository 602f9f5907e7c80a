import { CaptureError } from "./errors.ts";

/** A place in the node table; the only way in which one packed node names another. */
export class Ref {
  readonly id: number;
  constructor(id: number) {
    this.id = id;
  }
}

/** Everything the wire can hold. Equal values give equal bytes in every process. */
export type Packed =
  | undefined
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | Ref
  | readonly Packed[]
  | { readonly [key: string]: Packed };

// v8.serialize is not used on purpose: its bytes depend on how V8 holds a value (a small integer
// or a double, a one- or two-byte string), so equal values could get different hashes, and they
// are tied to V8's version.
const Tag = {
  undefined: 0,
  null: 1,
  false: 2,
  true: 3,
  natural: 4,
  negative: 5,
  double: 6,
  nan: 7,
  bigint: 8,
  utf8: 9,
  utf16: 10,
  again: 11,
  bytes: 12,
  ref: 13,
  array: 14,
  object: 15,
} as const;

const loneSurrogate = /\p{Surrogate}/u;
const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

class Writer {
  private buffer = new Uint8Array(256);
  private view = new DataView(this.buffer.buffer);
  private length = 0;
  private readonly strings = new Map<string, number>();

  result(): Uint8Array {
    return this.buffer.slice(0, this.length);
  }

  write(value: Packed): void {
    switch (typeof value) {
      case "undefined":
        return this.byte(Tag.undefined);
      case "boolean":
        return this.byte(value ? Tag.true : Tag.false);
      case "number":
        return this.number(value);
      case "bigint":
        this.byte(Tag.bigint);
        return this.text(value.toString(16));
      case "string":
        return this.string(value);
      case "object":
        return this.composite(value);
      default:
        throw new TypeError(`wire: cannot write a ${typeof value}`);
    }
  }

  private composite(value: object | null): void {
    if (value === null) return this.byte(Tag.null);
    if (value instanceof Ref) {
      this.byte(Tag.ref);
      return this.natural(value.id);
    }
    if (value instanceof Uint8Array) {
      this.byte(Tag.bytes);
      return this.bytes(value);
    }
    if (Array.isArray(value)) {
      this.byte(Tag.array);
      this.natural(value.length);
      for (const item of value as Packed[]) this.write(item);
      return;
    }
    const entries = Object.entries(value as Record<string, Packed>);
    const present = entries.filter((entry) => entry[1] !== undefined);
    this.byte(Tag.object);
    this.natural(present.length);
    for (const [key, item] of present) {
      this.string(key);
      this.write(item);
    }
  }

  private number(value: number): void {
    if (Number.isSafeInteger(value) && !Object.is(value, -0)) {
      this.byte(value < 0 ? Tag.negative : Tag.natural);
      return this.natural(Math.abs(value));
    }
    if (Number.isNaN(value)) return this.byte(Tag.nan);
    this.byte(Tag.double);
    this.room(8);
    this.view.setFloat64(this.length, value, true);
    this.length += 8;
  }

  private string(value: string): void {
    const known = this.strings.get(value);
    if (known !== undefined) {
      this.byte(Tag.again);
      return this.natural(known);
    }
    this.strings.set(value, this.strings.size);
    if (!loneSurrogate.test(value)) {
      this.byte(Tag.utf8);
      return this.text(value);
    }
    this.byte(Tag.utf16);
    const units = new Uint8Array(value.length * 2);
    for (let i = 0; i < value.length; i++) {
      units[2 * i] = value.charCodeAt(i) & 0xff;
      units[2 * i + 1] = value.charCodeAt(i) >> 8;
    }
    this.bytes(units);
  }

  private text(value: string): void {
    this.bytes(encoder.encode(value));
  }

  private bytes(value: Uint8Array): void {
    this.natural(value.byteLength);
    this.room(value.byteLength);
    this.buffer.set(value, this.length);
    this.length += value.byteLength;
  }

  private natural(value: number): void {
    this.room(8);
    let rest = value;
    while (rest >= 0x80) {
      this.buffer[this.length++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.buffer[this.length++] = rest;
  }

  private byte(value: number): void {
    this.room(1);
    this.buffer[this.length++] = value;
  }

  private room(bytes: number): void {
    if (this.length + bytes <= this.buffer.length) return;
    const grown = new Uint8Array(Math.max(this.buffer.length * 2, this.length + bytes));
    grown.set(this.buffer.subarray(0, this.length));
    this.buffer = grown;
    this.view = new DataView(grown.buffer);
  }
}

class Reader {
  private readonly buffer: Uint8Array;
  private readonly view: DataView;
  private at = 0;
  private readonly strings: string[] = [];

  constructor(buffer: Uint8Array) {
    // A Buffer's slice is a view of the same memory, a Uint8Array's is a copy.
    this.buffer = new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
    this.view = new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
  }

  end(): void {
    if (this.at !== this.buffer.length) throw corrupt("there are bytes after the end");
  }

  read(): Packed {
    const tag = this.byte();
    switch (tag) {
      case Tag.undefined:
        return undefined;
      case Tag.null:
        return null;
      case Tag.false:
        return false;
      case Tag.true:
        return true;
      case Tag.natural:
        return this.natural();
      case Tag.negative:
        return -this.natural();
      case Tag.double:
        return this.double();
      case Tag.nan:
        return NaN;
      case Tag.bigint:
        return this.bigint();
      case Tag.utf8:
      case Tag.utf16:
      case Tag.again:
        return this.string(tag);
      case Tag.bytes:
        return this.bytes().slice();
      case Tag.ref:
        return new Ref(this.natural());
      case Tag.array:
        return Array.from({ length: this.count() }, () => this.read());
      case Tag.object:
        return this.object();
      default:
        throw corrupt(`there is no tag ${tag}`);
    }
  }

  private object(): Packed {
    const result: Record<string, Packed> = Object.create(null) as Record<string, Packed>;
    for (let left = this.count(); left > 0; left--) {
      const key = this.string(this.byte());
      result[key] = this.read();
    }
    return result;
  }

  private string(tag: number): string {
    if (tag === Tag.again) {
      const known = this.strings[this.natural()];
      if (known === undefined) throw corrupt("a string is named before it is given");
      return known;
    }
    const bytes = this.bytes();
    let value = "";
    if (tag === Tag.utf8) value = decoder.decode(bytes);
    else for (let i = 0; i + 1 < bytes.length; i += 2) value += unit(bytes, i);
    this.strings.push(value);
    return value;
  }

  private bigint(): bigint {
    const text = decoder.decode(this.bytes());
    return text.startsWith("-") ? -BigInt(`0x${text.slice(1)}`) : BigInt(`0x${text}`);
  }

  private double(): number {
    this.need(8);
    this.at += 8;
    return this.view.getFloat64(this.at - 8, true);
  }

  private bytes(): Uint8Array {
    const length = this.natural();
    this.need(length);
    this.at += length;
    return this.buffer.subarray(this.at - length, this.at);
  }

  /** A number of things that follow; each takes a byte or more, so more than that is a lie. */
  private count(): number {
    const count = this.natural();
    this.need(count);
    return count;
  }

  private natural(): number {
    let value = 0;
    for (let scale = 1; scale <= 2 ** 49; scale *= 0x80) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
    throw corrupt("a number is too long");
  }

  private byte(): number {
    this.need(1);
    return this.buffer[this.at++]!;
  }

  private need(bytes: number): void {
    if (this.at + bytes > this.buffer.length) throw corrupt("it ends too early");
  }
}

function unit(bytes: Uint8Array, at: number): string {
  return String.fromCharCode(bytes[at]! | (bytes[at + 1]! << 8));
}

/** Write a value as bytes; the same value always gives the same bytes. */
export function encode(value: Packed): Uint8Array {
  const writer = new Writer();
  writer.write(value);
  return writer.result();
}

/** Read back what {@link encode} wrote; throws `closure/corrupt` on anything else. */
export function decode(bytes: Uint8Array): Packed {
  const reader = new Reader(bytes);
  try {
    const value = reader.read();
    reader.end();
    return value;
  } catch (error) {
    // Text that is no UTF-8, digits that are none, nesting that is deeper than the stack.
    throw error instanceof CaptureError ? error : corrupt("a value cannot be read", error);
  }
}

/** The error for bytes that `capture` did not write. */
export function corrupt(reason: string, cause?: unknown): CaptureError {
  return new CaptureError(
    "closure/corrupt",
    `revive: these bytes are not an intact captured function: ${reason}. ` +
      "Send exactly the bytes that capture returned, with this version of @millrace/closure.",
    [],
    cause === undefined ? undefined : { cause },
  );
}
