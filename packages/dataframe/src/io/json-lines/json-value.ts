import type { DType } from "../../dtype.ts";
import { integerBits } from "../../dtype-traits.ts";
import { decimalOf } from "../csv/parse-wide.ts";
import { dateOf, timestampOf } from "../csv/parse-times.ts";

/** A value as its column stores it; `null` for none. Items and fields of nested ones are stored. */
export type Stored = number | bigint | string | null | readonly Stored[] | StoredFields;

/** Fields of a struct, in its order. */
export interface StoredFields {
  readonly fields: readonly Stored[];
}

/** Stands for a value that a column cannot have. */
export const unfit: unique symbol = Symbol("unfit");

/** Gives the stored form of a parsed value. */
export type ToStored = (value: unknown) => Stored | typeof unfit;

/** What turns parsed JSON into values of a dtype. null and missing are null. */
export function toStored(dtype: DType): ToStored {
  const convert = converterOf(dtype);
  return (value) => (value === null || value === undefined ? null : convert(value));
}

function converterOf(dtype: DType): ToStored {
  switch (dtype.kind) {
    case "int8":
    case "int16":
    case "int32":
    case "int64":
    case "uint8":
    case "uint16":
    case "uint32":
    case "uint64":
      return integerOf(dtype.kind);
    case "float32":
    case "float64":
      return (value) => {
        if (typeof value === "number") return value;
        if (typeof value === "bigint") return Number(value);
        return typeof value === "string" ? (specials.get(value) ?? unfit) : unfit;
      };
    case "bool":
      return (value) => (typeof value === "boolean" ? Number(value) : unfit);
    case "utf8":
    case "dictionary":
      return (value) => (typeof value === "string" ? value : jsonOf(value));
    case "date":
      return (value) => {
        const days = typeof value === "string" ? dateOf(value) : undefined;
        return days === undefined || days !== (days | 0) ? unfit : days;
      };
    case "timestamp":
      return (value) =>
        (typeof value === "string" ? timestampOf(value, dtype.unit) : undefined) ?? unfit;
    case "decimal":
      return (value) => {
        const isText = typeof value === "string" || typeof value === "number";
        if (!isText && typeof value !== "bigint") return unfit;
        return decimalOf(String(value), dtype.precision, dtype.scale, POINT) ?? unfit;
      };
    case "list":
      return listOf(toStored(dtype.item));
    case "struct": {
      const parts = Object.entries(dtype.fields).map(
        ([name, part]) => [name, toStored(part)] as const,
      );
      return structOf(parts);
    }
  }
}

const POINT = 46;

/** Numbers that JSON has no form for, as the writer writes them. */
const specials: ReadonlyMap<string, number> = new Map([
  ["NaN", Number.NaN],
  ["Infinity", Number.POSITIVE_INFINITY],
  ["-Infinity", Number.NEGATIVE_INFINITY],
]);

function integerOf(kind: keyof typeof integerBits): ToStored {
  const bits = integerBits[kind];
  const isSigned = kind.startsWith("i");
  const min = isSigned ? -(1n << BigInt(bits - 1)) : 0n;
  const max = min + (1n << BigInt(bits)) - 1n;
  return (value) => {
    const isWhole =
      typeof value === "bigint" || (typeof value === "number" && Number.isSafeInteger(value));
    if (!isWhole || value < min || value > max) return unfit;
    return bits === 64 ? BigInt(value) : Number(value);
  };
}

/** Texts of a column in which other things stand too: these as JSON. */
function jsonOf(value: unknown): string {
  if (typeof value === "bigint") return String(value);
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === "bigint" ? Number(part) : part,
  );
}

function listOf(item: ToStored): ToStored {
  return (value) => {
    if (!Array.isArray(value)) return unfit;
    const items: Stored[] = [];
    for (const each of value as unknown[]) {
      const stored = item(each);
      if (stored === unfit) return unfit;
      items.push(stored);
    }
    return items;
  };
}

function structOf(parts: readonly (readonly [name: string, convert: ToStored])[]): ToStored {
  return (value) => {
    if (!isRecord(value)) return unfit;
    const fields: Stored[] = [];
    for (const [name, convert] of parts) {
      const stored = convert(fieldOf(value, name));
      if (stored === unfit) return unfit;
      fields.push(stored);
    }
    return { fields };
  };
}

/** Whether a parsed value is an object with fields. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A field of its own, as names such as "constructor" are inherited by every object. */
export function fieldOf(record: Readonly<Record<string, unknown>>, name: string): unknown {
  const value = record[name];
  return value === undefined || Object.hasOwn(record, name) ? value : undefined;
}
