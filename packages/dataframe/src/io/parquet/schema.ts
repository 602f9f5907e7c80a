import type { ArrowField, ArrowType } from "../../arrow/arrow-type.ts";
import { badLayout, timeUnits } from "../../arrow/arrow-type.ts";
import type { TimeUnit } from "../../dtype.ts";
import type { ThriftStruct } from "./thrift.ts";
import { intOf, structOf, textOf } from "./thrift.ts";

/** A column of a file at the top of its schema. */
export interface ParquetColumn {
  readonly name: string;
  readonly type: ArrowType;
  /** Its elements in the flat schema of the file, and its leaves among all leaves. */
  readonly elements: readonly [start: number, end: number];
  readonly leaves: readonly [start: number, end: number];
  /** The only leaf, where the column is flat. */
  readonly leaf: ParquetLeaf | undefined;
}

/** How the values of a flat column are stored. */
export interface ParquetLeaf {
  readonly physical: number;
  /** Bytes of a value of {@link physicalTypes.fixed}. */
  readonly width: number;
  readonly isRequired: boolean;
}

/** Numbers of the types in which values are stored. */
export const physicalTypes = {
  boolean: 0,
  int32: 1,
  int64: 2,
  int96: 3,
  float: 4,
  double: 5,
  bytes: 6,
  fixed: 7,
} as const;

/** Numbers of fields of a schema element of Parquet. */
const element = {
  type: 1,
  width: 2,
  repetition: 3,
  name: 4,
  children: 5,
  converted: 6,
  scale: 7,
  precision: 8,
  logical: 10,
};

const repetition = { required: 0, optional: 1, repeated: 2 };

/** The columns that a flat schema of Parquet describes. */
export function parquetColumns(elements: readonly ThriftStruct[]): readonly ParquetColumn[] {
  const reader = new SchemaReader(elements);
  const [root] = elements;
  const count = root === undefined ? 0 : (intOf(root, element.children) ?? 0);
  reader.at = 1;
  const columns: ParquetColumn[] = [];
  for (let i = 0; i < count; i++) {
    const { at, leaves } = reader;
    const first = reader.peek();
    const { name, type } = reader.field(0);
    const isFlat = reader.at === at + 1 && intOf(first, element.repetition) !== repetition.repeated;
    const leaf: ParquetLeaf | undefined = isFlat
      ? {
          physical: intOf(first, element.type) ?? -1,
          width: intOf(first, element.width) ?? 0,
          isRequired: intOf(first, element.repetition) === repetition.required,
        }
      : undefined;
    const ends = { elements: [at, reader.at], leaves: [leaves, reader.leaves] } as const;
    columns.push({ name, type, leaf, ...ends });
  }
  return columns;
}

/** Deepest nesting of types that is read. */
const DEPTH_MAX = 64;

class SchemaReader {
  readonly #elements: readonly ThriftStruct[];
  at = 0;
  leaves = 0;

  constructor(elements: readonly ThriftStruct[]) {
    this.#elements = elements;
  }

  peek(): ThriftStruct {
    const next = this.#elements[this.at];
    if (next === undefined) throw badLayout("its schema ends too early");
    return next;
  }

  field(depth: number): ArrowField {
    if (depth > DEPTH_MAX) throw badLayout("its schema is nested too deeply");
    const one = this.peek();
    const isRepeated = intOf(one, element.repetition) === repetition.repeated;
    const { name, type } = this.#once(depth);
    return isRepeated
      ? { name, type: { kind: "list", large: false, item: { name, type } } }
      : { name, type };
  }

  /** A field as if it were not repeated. */
  #once(depth: number): ArrowField {
    const one = this.peek();
    this.at++;
    const name = textOf(one, element.name) ?? "";
    const count = intOf(one, element.children) ?? 0;
    if (one.has(element.type)) {
      this.leaves++;
      return { name, type: leafType(one) };
    }
    const converted = intOf(one, element.converted);
    const logical = structOf(one, element.logical);
    if (count === 1 && (converted === 3 || logical?.has(3) === true)) {
      return { name, type: this.#list(name, depth) };
    }
    const fields: ArrowField[] = [];
    for (let i = 0; i < count; i++) fields.push(this.field(depth + 1));
    if (converted === 1 || converted === 2 || logical?.has(2) === true) {
      return { name, type: { kind: "other", text: "map", children: fields } };
    }
    return { name, type: { kind: "struct", fields } };
  }

  /** The items of an annotated list, by the rules for files that are older than the rules. */
  #list(name: string, depth: number): ArrowType {
    const middle = this.peek();
    const middleName = textOf(middle, element.name);
    const isItem =
      middle.has(element.type) ||
      intOf(middle, element.children) !== 1 ||
      middleName === "array" ||
      middleName === `${name}_tuple`;
    if (isItem) return { kind: "list", large: false, item: this.#once(depth + 1) };
    this.at++;
    return { kind: "list", large: false, item: this.field(depth + 1) };
  }
}

function leafType(leaf: ThriftStruct): ArrowType {
  const converted = intOf(leaf, element.converted);
  const logical = structOf(leaf, element.logical);
  const physical: number = intOf(leaf, element.type) ?? -1;
  const isDecimal = converted === 5 || logical?.has(5) === true;
  if (logical?.has(11) === true) return { kind: "null" };
  if (isDecimal) return decimalType(leaf, logical);
  switch (physical) {
    case physicalTypes.boolean:
      return { kind: "bool" };
    case physicalTypes.int32:
    case physicalTypes.int64:
      return wholeType(physical, converted, logical);
    case physicalTypes.int96:
      return { kind: "timestamp", unit: "ns", timezone: undefined };
    case physicalTypes.float:
      return { kind: "float", bits: 32 };
    case physicalTypes.double:
      return { kind: "float", bits: 64 };
    case physicalTypes.bytes: {
      const isText =
        [0, 4, 19].includes(converted ?? -1) || [1, 4, 12].some((id) => logical?.has(id));
      if (isText) return { kind: "utf8", layout: "small" };
      return { kind: "other", text: "binary", children: [] };
    }
    case physicalTypes.fixed: {
      const width = intOf(leaf, element.width) ?? 0;
      if (logical?.has(15) === true && width === 2) return { kind: "float", bits: 16 };
      return { kind: "bytes", width };
    }
    default:
      throw badLayout(`its schema has a type of unknown number ${physical}`);
  }
}

function decimalType(leaf: ThriftStruct, logical: ThriftStruct | undefined): ArrowType {
  const parts = logical === undefined ? undefined : structOf(logical, 5);
  const scale = (parts && intOf(parts, 1)) ?? intOf(leaf, element.scale) ?? 0;
  const precision = (parts && intOf(parts, 2)) ?? intOf(leaf, element.precision) ?? 0;
  return { kind: "decimal", bits: 128, precision, scale };
}

/** Bits and sign of the old annotations of whole numbers, which begin with UINT_8. */
const convertedInts: readonly (readonly [bits: number, signed: boolean])[] = [
  [8, false],
  [16, false],
  [32, false],
  [64, false],
  [8, true],
  [16, true],
  [32, true],
  [64, true],
];

function wholeType(
  physical: 1 | 2,
  converted: number | undefined,
  logical: ThriftStruct | undefined,
): ArrowType {
  const plain = {
    kind: "int",
    bits: physical === physicalTypes.int64 ? 64 : 32,
    signed: true,
  } as const;
  if (logical !== undefined) {
    const whole = structOf(logical, 10);
    if (whole !== undefined) {
      const signed = whole.get(2)?.value === true;
      return { kind: "int", bits: intOf(whole, 1) ?? plain.bits, signed };
    }
    const stamp = structOf(logical, 8);
    if (stamp !== undefined) return stampType(stamp);
    if (logical.has(6)) return { kind: "date", bits: 32 };
    if (logical.has(7)) return { kind: "other", text: "time", children: [] };
  }
  if (converted === 6) return { kind: "date", bits: 32 };
  if (converted === 7 || converted === 8) return { kind: "other", text: "time", children: [] };
  if (converted === 9 || converted === 10) {
    return { kind: "timestamp", unit: converted === 9 ? "ms" : "us", timezone: "UTC" };
  }
  const [bits, signed] = convertedInts[(converted ?? 0) - 11] ?? [plain.bits, true];
  return { kind: "int", bits, signed };
}

function stampType(stamp: ThriftStruct): ArrowType {
  const unit = structOf(stamp, 2) ?? new Map<number, never>();
  const number = [...unit.keys()][0] ?? 1;
  const timezone = stamp.get(1)?.value === true ? "UTC" : undefined;
  return { kind: "timestamp", unit: timeUnits[number] as TimeUnit, timezone };
}
