import { quoteValue } from "@millrace/graph/tasks";
import type { DType, Schema } from "../dtype.ts";
import { bool, float64, int64, list, struct, timestamp, utf8 } from "../dtype.ts";
import { dtypeText } from "../dtype-traits.ts";
import { dataFault } from "../errors.ts";

/**
 * The dtype that holds all of some values: that of the first which is there must fit the others.
 */
export function inferDType(
  api: string,
  values: readonly unknown[],
  where: (index: number) => string,
  depth = 0,
): DType {
  const first = values.findIndex((value) => value !== null && value !== undefined);
  // A column of nulls may become anything; text is what every reader takes.
  if (first < 0) return utf8;
  const kind = kindOf(values[first]);
  let isWhole = true;
  let kinds = new Set([kind]);
  for (let i = first; i < values.length; i++) {
    const value = values[i];
    if (value === null || value === undefined) continue;
    const other = kindOf(value);
    if (other === "number" && !Number.isSafeInteger(value)) isWhole = false;
    if (other === kind) continue;
    kinds = kinds.add(other);
    const areNumbers = isNumber(kind) && isNumber(other);
    if (other === "other" || !areNumbers) throw mixed(api, where(i), value, kind);
  }
  if (kinds.size === 2 && !isWhole) {
    const at = values.findIndex(
      (value) => typeof value === "number" && !Number.isSafeInteger(value),
    );
    throw mixed(api, where(at), values[at], "bigint");
  }
  switch (kind) {
    case "number":
      return kinds.size === 2 ? int64 : float64;
    case "bigint":
      return int64;
    case "text":
      return utf8;
    case "truth":
      return bool;
    case "date":
      return timestamp("ms");
    case "list":
      if (depth === depthMax) throw tooDeep(api, where(first), values[first]);
      return listType(
        api,
        values as readonly (readonly unknown[] | null | undefined)[],
        where,
        depth,
      );
    case "struct":
      if (depth === depthMax) throw tooDeep(api, where(first), values[first]);
      return structType(
        api,
        values as readonly (Record<string, unknown> | null | undefined)[],
        where,
        depth,
      );
    case "other":
      throw mixed(api, where(first), values[first], kind);
  }
}

/** Deeper values are no rows but most likely objects that hold themselves. */
const depthMax = 100;

function tooDeep(api: string, where: string, value: unknown): Error {
  // After so many steps the way there says nothing more.
  const place = where.length > 80 ? `${where.slice(0, 80)} …` : where;
  const message =
    `${api}: ${place} is too deep, got ${quoteValue(value)}, wanted at most ${depthMax} lists and ` +
    "objects inside of each other. Leave out what holds itself, or say with `schema` what to take.";
  return dataFault("dataframe/type-mismatch", message);
}

type Kind = "number" | "bigint" | "text" | "truth" | "date" | "list" | "struct" | "other";

function kindOf(value: unknown): Kind {
  switch (typeof value) {
    case "number":
      return "number";
    case "bigint":
      return "bigint";
    case "string":
      return "text";
    case "boolean":
      return "truth";
    case "object":
      if (value instanceof Date) return "date";
      if (Array.isArray(value)) return "list";
      return isPlainObject(value) ? "struct" : "other";
    case "symbol":
    case "function":
    case "undefined":
      return "other";
  }
}

function isPlainObject(value: object | null): boolean {
  if (value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

function isNumber(kind: Kind): boolean {
  return kind === "number" || kind === "bigint";
}

const kindTexts: Readonly<Record<Kind, string>> = {
  number: dtypeText(float64),
  bigint: dtypeText(int64),
  text: "utf8",
  truth: "bool",
  date: 'timestamp("ms")',
  list: "list",
  struct: "struct",
  other: "number, bigint, string, boolean, Date, array or plain object",
};

function mixed(api: string, where: string, value: unknown, kind: Kind): Error {
  const wanted =
    kind === "other" ? `a ${kindTexts[kind]}` : `${kindTexts[kind]}, as in rows before`;
  const message =
    `${api}: ${where} fits no dtype with the others, got ${quoteValue(value)}, wanted ${wanted}. ` +
    "Convert the values to one kind, or say with `schema` what the column is.";
  return dataFault("dataframe/type-mismatch", message);
}

function listType(
  api: string,
  values: readonly (readonly unknown[] | null | undefined)[],
  where: (index: number) => string,
  depth: number,
): DType {
  const items: unknown[] = [];
  const places: (readonly [row: number, item: number])[] = [];
  values.forEach((value, row) => {
    value?.forEach((item, i) => {
      items.push(item);
      places.push([row, i]);
    });
  });
  const place = (index: number): string => {
    const [row, item] = places[index] as readonly [number, number];
    return `${where(row)}, item ${item}`;
  };
  return list(inferDType(api, items, place, depth + 1));
}

function structType(
  api: string,
  values: readonly (Record<string, unknown> | null | undefined)[],
  where: (index: number) => string,
  depth: number,
): DType {
  const names = new Set<string>();
  for (const value of values) for (const name of Object.keys(value ?? {})) names.add(name);
  const fields = [...names].map((name) => {
    const parts = values.map((value) => value?.[name]);
    const place = (row: number): string => `${where(row)}, field ${JSON.stringify(name)}`;
    return [name, inferDType(api, parts, place, depth + 1)];
  });
  return struct(Object.fromEntries(fields) as Schema);
}
