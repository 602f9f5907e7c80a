import type { DType, IntegerKind, TimeUnit } from "../dtype.ts";
import {
  bool,
  date,
  decimal,
  dictionary,
  float32,
  float64,
  int16,
  int32,
  int64,
  int8,
  list,
  struct,
  timestamp,
  uint16,
  uint32,
  uint64,
  uint8,
  utf8,
} from "../dtype.ts";
import { dataFault, fault } from "../errors.ts";
import type { DataFrameError } from "../errors.ts";

/** How Arrow lays a column out, wherever it comes from: a Table, a message of IPC, a C struct. */
export type ArrowType =
  | { readonly kind: "null" }
  | { readonly kind: "int"; readonly bits: number; readonly signed: boolean }
  | { readonly kind: "float"; readonly bits: number }
  | { readonly kind: "bool" }
  | { readonly kind: "utf8"; readonly layout: "small" | "large" | "view" }
  | { readonly kind: "bytes"; readonly width: number }
  | { readonly kind: "date"; readonly bits: number }
  | { readonly kind: "timestamp"; readonly unit: TimeUnit; readonly timezone: string | undefined }
  | {
      readonly kind: "decimal";
      readonly bits: number;
      readonly precision: number;
      readonly scale: number;
    }
  | { readonly kind: "list"; readonly large: boolean; readonly item: ArrowField }
  | { readonly kind: "fixedList"; readonly size: number; readonly item: ArrowField }
  | { readonly kind: "struct"; readonly fields: readonly ArrowField[] }
  | {
      readonly kind: "dictionary";
      readonly id: number;
      readonly bits: number;
      readonly signed: boolean;
      readonly value: ArrowType;
    }
  /** A layout that no dtype stands for; `text` is its name. */
  | { readonly kind: "other"; readonly text: string; readonly children: readonly ArrowField[] };

/** A column of Arrow. */
export interface ArrowField {
  readonly name: string;
  readonly type: ArrowType;
}

/** Units of time in the order in which Arrow numbers them. */
export const timeUnits: readonly TimeUnit[] = ["s", "ms", "us", "ns"];

/** Parameters of a type, under the names that Arrow gives them. */
export interface TypeParts {
  readonly id: number;
  readonly bitWidth: number;
  readonly isSigned: boolean;
  readonly precision: number;
  readonly scale: number;
  readonly unit: number;
  readonly timezone?: string | null | undefined;
  readonly listSize: number;
  readonly byteWidth: number;
}

type MakeType = (parts: TypeParts, children: readonly ArrowField[]) => ArrowType;

/** By the number that Arrow gives a type; what is not here, no dtype stands for. */
const numbered: Readonly<Record<number, MakeType>> = {
  1: () => ({ kind: "null" }),
  2: ({ bitWidth, isSigned }) => ({ kind: "int", bits: bitWidth, signed: isSigned }),
  3: ({ precision }) => ({ kind: "float", bits: 16 << precision }),
  5: () => ({ kind: "utf8", layout: "small" }),
  6: () => ({ kind: "bool" }),
  7: ({ bitWidth, precision, scale }) => ({ kind: "decimal", bits: bitWidth, precision, scale }),
  8: ({ unit }) => ({ kind: "date", bits: unit === 0 ? 32 : 64 }),
  10: ({ unit, timezone }) => ({
    kind: "timestamp",
    unit: timeUnits[unit] as TimeUnit,
    timezone: timezone ?? undefined,
  }),
  12: (_, [item]) => ({ kind: "list", large: false, item: item as ArrowField }),
  13: (_, fields) => ({ kind: "struct", fields }),
  15: ({ byteWidth }) => ({ kind: "bytes", width: byteWidth }),
  16: ({ listSize }, [item]) => ({ kind: "fixedList", size: listSize, item: item as ArrowField }),
  20: () => ({ kind: "utf8", layout: "large" }),
  21: (_, [item]) => ({ kind: "list", large: true, item: item as ArrowField }),
  24: () => ({ kind: "utf8", layout: "view" }),
};

const otherNames: Readonly<Record<number, string>> = {
  4: "binary",
  9: "time",
  11: "interval",
  14: "union",
  17: "map",
  18: "duration",
  19: "large_binary",
  22: "run_end_encoded",
  23: "binary_view",
  25: "list_view",
  26: "large_list_view",
};

/** A type by the number of its kind. */
export function numberedType(
  kind: number,
  parts: TypeParts,
  children: readonly ArrowField[],
): ArrowType {
  const make = numbered[kind];
  if (make !== undefined) return make(parts, children);
  return { kind: "other", text: otherNames[kind] ?? `type ${kind}`, children };
}

/** Types of the children of an array. */
export function childTypes(type: ArrowType): readonly ArrowType[] {
  if (type.kind === "struct") return type.fields.map((field) => field.type);
  if (type.kind === "list" || type.kind === "fixedList") return [type.item.type];
  return type.kind === "other" ? type.children.map((field) => field.type) : [];
}

const integers: Readonly<Record<IntegerKind, DType>> = {
  int8,
  int16,
  int32,
  int64,
  uint8,
  uint16,
  uint32,
  uint64,
};

/** The dtype that holds a layout, or what there is that none does. */
export function dtypeOfArrow(type: ArrowType): DType | string {
  switch (type.kind) {
    case "null":
      return utf8;
    case "int":
      return integers[`${type.signed ? "" : "u"}int${type.bits}` as IntegerKind];
    case "float":
      return type.bits === 64 ? float64 : float32;
    case "bool":
      return bool;
    case "utf8":
      return utf8;
    case "bytes":
      return `fixed_size_binary(${type.width})`;
    case "date":
      return date;
    case "timestamp":
      return timestamp(type.unit, type.timezone);
    case "decimal": {
      const { precision, scale } = type;
      const fits = precision <= 18 && scale >= 0 && scale <= precision;
      return fits ? decimal(precision, scale) : `decimal(${precision}, ${scale})`;
    }
    case "list":
    case "fixedList": {
      const item = dtypeOfArrow(type.item.type);
      return typeof item === "string" ? `list(${item})` : list(item);
    }
    case "struct":
      return structOf(type.fields);
    case "dictionary": {
      const value = dtypeOfArrow(type.value);
      return value === utf8 ? dictionary : value;
    }
    case "other":
      return type.text;
  }
}

function structOf(fields: readonly ArrowField[]): DType | string {
  const parts: Record<string, DType> = {};
  for (const { name, type } of fields) {
    const part = dtypeOfArrow(type);
    if (typeof part === "string") return `struct({ ${JSON.stringify(name)}: ${part} })`;
    parts[name] = part;
  }
  return struct(parts);
}

const wantedTypes =
  "numbers, bool, text, dates, timestamps, decimals of 18 digits, lists or structs of these";

/** A column whose type no dtype stands for, found at the line of the caller. */
export function unsupportedType(api: string, column: string, type: string): DataFrameError {
  const what = `column ${JSON.stringify(column)} has a type that frames do not hold`;
  const remedy = "Leave the column out by naming the others, or convert it where it is made.";
  return fault("dataframe/unsupported-type", api, what, type, wantedTypes, remedy);
}

/** The dtype of a column of a file or table; what has none is an error that names the column. */
export function fieldDType(api: string, { name, type }: ArrowField): DType {
  const dtype = dtypeOfArrow(type);
  if (typeof dtype === "string") throw unsupportedType(api, name, dtype);
  return dtype;
}

/** Bytes that are not what they say they are. */
export function badLayout(what: string): DataFrameError {
  return dataFault("dataframe/bad-file", what);
}
