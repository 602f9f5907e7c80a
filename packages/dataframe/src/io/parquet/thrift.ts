import { badLayout } from "../../arrow/arrow-type.ts";

/**
 * A value of Thrift's compact protocol, with its type, so that what was read can be written again
 * without knowing what it means (https://github.com/apache/thrift, compact protocol).
 */
export type ThriftValue =
  | { readonly type: "bool"; readonly value: boolean }
  | { readonly type: "i8" | "i16" | "i32" | "i64"; readonly value: bigint }
  | { readonly type: "double"; readonly value: number }
  | { readonly type: "binary"; readonly value: Uint8Array }
  | { readonly type: "list"; readonly item: number; readonly value: readonly ThriftValue[] }
  | { readonly type: "struct"; readonly value: ThriftStruct };

/** Fields of a struct by their number. */
export type ThriftStruct = ReadonlyMap<number, ThriftValue>;

/** Numbers of types on the wire. */
const wire = {
  true: 1,
  false: 2,
  i8: 3,
  i16: 4,
  i32: 5,
  i64: 6,
  double: 7,
  binary: 8,
  list: 9,
  set: 10,
  map: 11,
  struct: 12,
};

/** Deepest nesting that is read: the footer of Parquet has seven levels. */
const DEPTH_MAX = 32;

/** A struct and where its bytes end. */
export function readThrift(bytes: Uint8Array, start = 0): { value: ThriftStruct; end: number } {
  const reader = new ThriftReader(bytes, start);
  const value = reader.struct(0);
  return { value, end: reader.at };
}

class ThriftReader {
  readonly #bytes: Uint8Array;
  at: number;

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes;
    this.at = at;
  }

  struct(depth: number): ThriftStruct {
    if (depth > DEPTH_MAX) throw badLayout("its metadata is nested too deeply");
    const fields = new Map<number, ThriftValue>();
    for (let id = 0; ;) {
      const head = this.#byte();
      if (head === 0) return fields;
      const delta = head >> 4;
      id = delta === 0 ? Number(this.#zigzag()) : id + delta;
      const type = head & 15;
      fields.set(
        id,
        type === wire.true || type === wire.false
          ? { type: "bool", value: type === wire.true }
          : this.#value(type, depth),
      );
    }
  }

  #value(type: number, depth: number): ThriftValue {
    switch (type) {
      case wire.true:
      case wire.false:
        return { type: "bool", value: this.#byte() === wire.true };
      case wire.i8:
        return { type: "i8", value: BigInt((this.#byte() << 24) >> 24) };
      case wire.i16:
        return { type: "i16", value: this.#zigzag() };
      case wire.i32:
        return { type: "i32", value: this.#zigzag() };
      case wire.i64:
        return { type: "i64", value: this.#zigzag() };
      case wire.double: {
        const { buffer, byteOffset } = this.#take(8);
        return { type: "double", value: new DataView(buffer, byteOffset).getFloat64(0, true) };
      }
      case wire.binary:
        return { type: "binary", value: this.#take(Number(this.#varint())) };
      case wire.list:
      case wire.set:
        return this.#list(depth + 1);
      case wire.struct:
        return { type: "struct", value: this.struct(depth + 1) };
      default:
        throw badLayout(`its metadata has a value of unknown type ${type}`);
    }
  }

  #list(depth: number): ThriftValue {
    if (depth > DEPTH_MAX) throw badLayout("its metadata is nested too deeply");
    const head = this.#byte();
    const item = head & 15;
    const size = head >> 4 === 15 ? Number(this.#varint()) : head >> 4;
    if (size > this.#bytes.length - this.at) throw badLayout("its metadata ends in a list");
    return {
      type: "list",
      item,
      value: Array.from({ length: size }, () => this.#value(item, depth)),
    };
  }

  #byte(): number {
    const byte = this.#bytes[this.at++];
    if (byte === undefined) throw badLayout("its metadata ends too early");
    return byte;
  }

  #take(length: number): Uint8Array {
    const start = this.at;
    if (!(length <= this.#bytes.length - start)) throw badLayout("its metadata ends in a value");
    this.at = start + length;
    return this.#bytes.subarray(start, this.at);
  }

  /** Most numbers are small: bigints are only made of those that do not fit 28 bits. */
  #varint(): bigint {
    let small = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.#byte();
      small |= (byte & 127) << shift;
      if (byte < 128) return BigInt(small);
    }
    let value = BigInt(small);
    for (let shift = 28n; shift < 70n; shift += 7n) {
      const byte = this.#byte();
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return value;
    }
    throw badLayout("its metadata has a number of more than 64 bits");
  }

  #zigzag(): bigint {
    const value = this.#varint();
    return (value >> 1n) ^ -(value & 1n);
  }
}

/** The bytes of a struct. */
export function writeThrift(struct: ThriftStruct): Uint8Array {
  const out: number[] = [];
  writeStruct(out, struct);
  return Uint8Array.from(out);
}

function writeStruct(out: number[], struct: ThriftStruct): void {
  let last = 0;
  const fields = [...struct].sort(([a], [b]) => a - b);
  for (const [id, value] of fields) {
    const type = value.type === "bool" ? (value.value ? wire.true : wire.false) : wire[value.type];
    const delta = id - last;
    if (delta > 0 && delta < 16) out.push((delta << 4) | type);
    else {
      out.push(type);
      writeZigzag(out, BigInt(id));
    }
    if (value.type !== "bool") writeValue(out, value);
    last = id;
  }
  out.push(0);
}

function writeValue(out: number[], given: ThriftValue): void {
  switch (given.type) {
    case "bool":
      out.push(given.value ? wire.true : wire.false);
      return;
    case "i8":
      out.push(Number(given.value) & 255);
      return;
    case "i16":
    case "i32":
    case "i64":
      writeZigzag(out, given.value);
      return;
    case "double":
      out.push(...new Uint8Array(Float64Array.of(given.value).buffer));
      return;
    case "binary":
      writeVarint(out, BigInt(given.value.length));
      for (const byte of given.value) out.push(byte);
      return;
    case "list": {
      const { length } = given.value;
      out.push((Math.min(length, 15) << 4) | given.item);
      if (length >= 15) writeVarint(out, BigInt(length));
      for (const item of given.value) writeValue(out, item);
      return;
    }
    case "struct":
      writeStruct(out, given.value);
  }
}

function writeVarint(out: number[], value: bigint): void {
  let rest = value;
  for (; rest > 127n; rest >>= 7n) out.push(Number(rest & 127n) | 128);
  out.push(Number(rest));
}

function writeZigzag(out: number[], value: bigint): void {
  writeVarint(out, BigInt.asUintN(64, (value << 1n) ^ (value >> 63n)));
}

/** A whole number of a field. */
export function intOf(struct: ThriftStruct, id: number): number | undefined {
  const field = struct.get(id);
  return field !== undefined && typeof field.value === "bigint" ? Number(field.value) : undefined;
}

/** The bytes of a field. */
export function bytesOf(struct: ThriftStruct, id: number): Uint8Array | undefined {
  const field = struct.get(id);
  return field?.type === "binary" ? field.value : undefined;
}

/** The text of a field. */
export function textOf(struct: ThriftStruct, id: number): string | undefined {
  const bytes = bytesOf(struct, id);
  return bytes === undefined ? undefined : new TextDecoder().decode(bytes);
}

/** The struct of a field. */
export function structOf(struct: ThriftStruct, id: number): ThriftStruct | undefined {
  const field = struct.get(id);
  return field?.type === "struct" ? field.value : undefined;
}

/** The items of a field that is a list. */
export function listOf(struct: ThriftStruct, id: number): readonly ThriftValue[] {
  const field = struct.get(id);
  return field?.type === "list" ? field.value : [];
}

/** The structs of a field that is a list of them. */
export function structsOf(struct: ThriftStruct, id: number): readonly ThriftStruct[] {
  return listOf(struct, id).flatMap((item) => (item.type === "struct" ? [item.value] : []));
}

/** A number as a field. */
export function int(type: "i8" | "i16" | "i32" | "i64", value: number | bigint): ThriftValue {
  return { type, value: BigInt(value) };
}

/** Structs as a field. */
export function structs(value: readonly ThriftStruct[]): ThriftValue {
  const items = value.map((struct): ThriftValue => ({ type: "struct", value: struct }));
  return { type: "list", item: wire.struct, value: items };
}
