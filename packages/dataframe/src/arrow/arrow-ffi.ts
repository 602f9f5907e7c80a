import type { TimeUnit } from "../dtype.ts";
import type { ArrowArray } from "./arrow-array.ts";
import type { ArrowField, ArrowType } from "./arrow-type.ts";
import { childTypes, timeUnits } from "./arrow-type.ts";

/**
 * Arrays in the memory of a WebAssembly module of 32 bits, laid out as structs of the C data
 * interface (https://arrow.apache.org/docs/format/CDataInterface.html). What is read are views: they
 * are good until the module runs again.
 */
export class ArrowMemory {
  readonly #memory: ArrayBuffer | SharedArrayBuffer;
  readonly #view: DataView;

  constructor(memory: ArrayBuffer | SharedArrayBuffer) {
    this.#memory = memory;
    this.#view = new DataView(memory);
  }

  /** The field that an ArrowSchema describes. */
  field(at: number): ArrowField {
    const format = this.#text(this.#pointer(at));
    const name = this.#text(this.#pointer(at + 4));
    const count = this.#long(at + 24);
    const children = this.#pointers(this.#pointer(at + 32), count).map((one) => this.field(one));
    const dictionary = this.#pointer(at + 36);
    const type = typeOf(format, children);
    if (dictionary === 0) return { name, type };
    const { bits, signed } = type as ArrowType & { kind: "int" };
    return {
      name,
      type: { kind: "dictionary", id: 0, bits, signed, value: this.field(dictionary).type },
    };
  }

  /** The array that an ArrowArray describes; of its rows `skip` are left out, `rows` taken. */
  array(at: number, type: ArrowType, skip = 0, rows?: number): ArrowArray {
    const length = rows ?? this.#long(at) - skip;
    const offset = this.#long(at + 16) + skip;
    const buffers = this.#pointers(this.#pointer(at + 40), this.#long(at + 24));
    const [bits = 0, first = 0, second = 0] = buffers;
    const nulls = this.#long(at + 8);
    const hasBits = nulls !== 0 && bits !== 0;
    const base = {
      type,
      length,
      bitOffset: offset,
      validity: hasBits ? this.#bytes(bits, (offset + length + 7) >> 3) : undefined,
      offsets: undefined,
      values: undefined,
      variadic: [],
      children: this.#children(at, type, offset, length),
      dictionary: this.#dictionary(at, type),
    };
    const width = widthOf(type);
    if (type.kind === "bool") {
      return { ...base, values: this.#bytes(first, (offset + length + 7) >> 3) };
    }
    if (width > 0) return { ...base, values: this.#bytes(first + width * offset, width * length) };
    const isLarge =
      (type.kind === "utf8" && type.layout === "large") || (type.kind === "list" && type.large);
    if (type.kind !== "utf8" && type.kind !== "list") return base;
    if (length === 0) return base;
    const size = isLarge ? 8 : 4;
    const offsets = this.#bytes(first + size * offset, size * (length + 1));
    if (type.kind === "list") return { ...base, offsets };
    const end = first + size * (offset + length);
    const bytes = isLarge ? this.#long(end) : this.#view.getInt32(end, true);
    return { ...base, offsets, values: this.#bytes(second, bytes) };
  }

  #children(at: number, type: ArrowType, offset: number, length: number): readonly ArrowArray[] {
    const children = this.#pointers(this.#pointer(at + 44), this.#long(at + 32));
    const types = childTypes(type);
    return children.map((child, i) => {
      const one = types[i] as ArrowType;
      if (type.kind === "struct") return this.array(child, one, offset, length);
      if (type.kind !== "fixedList") return this.array(child, one);
      return this.array(child, one, offset * type.size, length * type.size);
    });
  }

  #dictionary(at: number, type: ArrowType): readonly ArrowArray[] {
    const dictionary = this.#pointer(at + 48);
    return type.kind === "dictionary" && dictionary !== 0
      ? [this.array(dictionary, type.value)]
      : [];
  }

  #pointer(at: number): number {
    return this.#view.getUint32(at, true);
  }

  #pointers(at: number, count: number): number[] {
    return Array.from({ length: count }, (_, i) => this.#pointer(at + 4 * i));
  }

  #long(at: number): number {
    return Number(this.#view.getBigInt64(at, true));
  }

  #bytes(at: number, length: number): Uint8Array {
    return new Uint8Array(this.#memory, at, length);
  }

  #text(at: number): string {
    const bytes = new Uint8Array(this.#memory, at);
    return new TextDecoder().decode(bytes.slice(0, bytes.indexOf(0)));
  }
}

/** Bytes of a value of a fixed width; 0 for others. */
function widthOf(type: ArrowType): number {
  switch (type.kind) {
    case "int":
    case "float":
    case "date":
    case "decimal":
    case "dictionary":
      return type.bits >> 3;
    case "timestamp":
      return 8;
    case "bytes":
      return type.width;
    case "null":
    case "bool":
    case "utf8":
    case "list":
    case "fixedList":
    case "struct":
    case "other":
      return 0;
  }
}

/** Types without parameters, by their letters. */
const letters: Readonly<Record<string, ArrowType>> = {
  n: { kind: "null" },
  b: { kind: "bool" },
  c: { kind: "int", bits: 8, signed: true },
  C: { kind: "int", bits: 8, signed: false },
  s: { kind: "int", bits: 16, signed: true },
  S: { kind: "int", bits: 16, signed: false },
  i: { kind: "int", bits: 32, signed: true },
  I: { kind: "int", bits: 32, signed: false },
  l: { kind: "int", bits: 64, signed: true },
  L: { kind: "int", bits: 64, signed: false },
  e: { kind: "float", bits: 16 },
  f: { kind: "float", bits: 32 },
  g: { kind: "float", bits: 64 },
  u: { kind: "utf8", layout: "small" },
  U: { kind: "utf8", layout: "large" },
  tdD: { kind: "date", bits: 32 },
  tdm: { kind: "date", bits: 64 },
};

function typeOf(format: string, children: readonly ArrowField[]): ArrowType {
  const plain = letters[format];
  if (plain !== undefined) return plain;
  const [item] = children;
  const [, kind = "", rest = ""] = /^(d:|ts[smun]:|w:|\+w:|\+.)(.*)$/s.exec(format) ?? [];
  if (kind === "d:") {
    const [precision = 0, scale = 0, bits = 128] = rest.split(",").map(Number);
    return { kind: "decimal", bits, precision, scale };
  }
  if (kind.startsWith("ts")) {
    const unit = timeUnits.find(
      (name) => name.startsWith(kind.charAt(2)) && name.length === (kind[2] === "s" ? 1 : 2),
    );
    return { kind: "timestamp", unit: unit as TimeUnit, timezone: rest === "" ? undefined : rest };
  }
  if (kind === "w:") return { kind: "bytes", width: Number(rest) };
  if (kind === "+s") return { kind: "struct", fields: children };
  if (item !== undefined) {
    if (kind === "+l" || kind === "+L") return { kind: "list", large: kind === "+L", item };
    if (kind === "+w:") return { kind: "fixedList", size: Number(rest), item };
  }
  return { kind: "other", text: format, children };
}
