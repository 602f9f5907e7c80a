import { corruptFrame } from "../value/corrupt.ts";
import { DESCRIPTOR_BYTES } from "./control-scan.ts";

/** Where columns begin in a frame: a place for elements of any width. */
export const COLUMN_ALIGNMENT = 8;

type Column =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | Float32Array
  | Float64Array
  | BigInt64Array
  | BigUint64Array;

type ColumnConstructor = {
  readonly BYTES_PER_ELEMENT: number;
  readonly prototype: object;
  new (memory: ArrayBufferLike, offset: number, length: number): Column;
};

/** By code: the order never changes, new ones are added at the end. */
const columnClasses: readonly ColumnConstructor[] = [
  Uint8Array,
  Int8Array,
  Uint16Array,
  Int16Array,
  Uint32Array,
  Int32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
];

/** Values that MessagePack would change or does not have, and texts that it cannot hold. */
const Special = { text: 64, negativeZero: 65, undefined: 66 } as const;

/**
 * What MessagePack has no form for without extensions. In the message stands a descriptor, five
 * bytes; the bytes of all columns follow the message in the order of their descriptors, aligned,
 * so that a reader looks at them where they are.
 */
export class ColumnWriter {
  private readonly columns: Uint8Array[] = [];

  /** The descriptor for a typed array; undefined for any other object. */
  column(value: ArrayBufferView): Uint8Array | undefined {
    const known = Buffer.isBuffer(value) ? Uint8Array.prototype : Object.getPrototypeOf(value);
    const code = columnClasses.findIndex((each) => each.prototype === known);
    if (code < 0) return undefined;
    const { buffer, byteOffset, byteLength } = value;
    return this.add(code, new Uint8Array(buffer, byteOffset, byteLength));
  }

  /** The descriptor for a text that UTF-8 cannot hold, or that its reader would change. */
  text(text: string): Uint8Array {
    return this.add(Special.text, Buffer.from(text, "utf16le"));
  }

  negativeZero(): Uint8Array {
    return this.add(Special.negativeZero, new Uint8Array(0));
  }

  undefined(): Uint8Array {
    return this.add(Special.undefined, new Uint8Array(0));
  }

  /** Where a frame ends that has its columns behind `start`. */
  end(start: number): number {
    return this.columns.reduce((at, column) => aligned(at) + column.byteLength, start);
  }

  /** Puts the columns behind `start`. */
  writeTo(frame: Uint8Array, start: number): void {
    let at = start;
    for (const column of this.columns) {
      at = aligned(at);
      frame.set(column, at);
      at += column.byteLength;
    }
  }

  private add(code: number, bytes: Uint8Array): Uint8Array {
    this.columns.push(bytes);
    const descriptor = Buffer.alloc(DESCRIPTOR_BYTES);
    descriptor.writeUInt8(code);
    descriptor.writeUInt32LE(bytes.byteLength, 1);
    return descriptor;
  }
}

/** Reads the columns of a frame in the order in which their descriptors are met. */
export class ColumnReader {
  private readonly frame: Uint8Array;
  private at: number;

  constructor(frame: Uint8Array, start: number) {
    this.frame = frame;
    this.at = start;
  }

  /** What a descriptor stands for; a view of the frame where that stands well, else a copy. */
  read(descriptor: Uint8Array): unknown {
    const { buffer, byteOffset } = descriptor;
    const code = descriptor[0] as number;
    const bytes = this.take(new DataView(buffer, byteOffset).getUint32(1, true));
    if (code === Special.undefined) return undefined;
    if (code === Special.negativeZero) return -0;
    if (code === Special.text) return textOf(bytes);
    const Class = columnClasses[code];
    if (Class === undefined) throw corruptFrame(`a column of the kind ${code}`);
    const width = Class.BYTES_PER_ELEMENT;
    if (bytes.byteLength % width !== 0) throw corruptFrame("a column with half an element");
    const at = bytes.byteOffset % width === 0 ? bytes : Uint8Array.from(bytes);
    return new Class(at.buffer, at.byteOffset, at.byteLength / width);
  }

  /** Checks that nothing is left. */
  finish(): void {
    if (this.at !== this.frame.byteLength) throw corruptFrame("bytes behind the columns");
  }

  private take(length: number): Uint8Array {
    const start = aligned(this.at);
    if (start + length > this.frame.byteLength) throw corruptFrame("a column beyond its end");
    this.at = start + length;
    return this.frame.subarray(start, this.at);
  }
}

function textOf(bytes: Uint8Array): string {
  if (bytes.byteLength % 2 !== 0) throw corruptFrame("a text with half a character");
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf16le");
}

function aligned(at: number): number {
  return Math.ceil(at / COLUMN_ALIGNMENT) * COLUMN_ALIGNMENT;
}
