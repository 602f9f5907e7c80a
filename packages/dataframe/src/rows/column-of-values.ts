import type { Column } from "../column.ts";
import { makeColumn, makeValues } from "../column.ts";
import type { DType, ListType, StructType } from "../dtype.ts";
import { DataFrameError, dataFault } from "../errors.ts";
import { textBytes } from "../kernels/text-bytes.ts";
import { storedOf, unfit } from "./stored.ts";

/** Values of JavaScript as a column; `where` names the place of one that does not fit. */
export function columnOfValues(
  api: string,
  dtype: DType,
  values: readonly unknown[],
  where: (index: number) => string,
): Column {
  const valid = validOf(values);
  switch (dtype.kind) {
    case "list":
      return listColumn(api, dtype, values, valid, where);
    case "struct":
      return structColumn(api, dtype, values, valid, where);
    case "utf8":
    case "dictionary":
      return textColumn(api, dtype, values, valid, where);
    case "int8":
    case "int16":
    case "int32":
    case "int64":
    case "uint8":
    case "uint16":
    case "uint32":
    case "uint64":
    case "float32":
    case "float64":
    case "bool":
    case "date":
    case "timestamp":
    case "decimal": {
      const stored = makeValues(dtype, values.length);
      eachValue(api, dtype, values, where, (value, i) => {
        stored[i] = (typeof value === "boolean" ? Number(value) : value) as never;
      });
      return makeColumn(dtype, values.length, { values: stored, valid });
    }
  }
}

function isNull(value: unknown): value is null | undefined {
  return value === null || value === undefined;
}

function validOf(values: readonly unknown[]): Uint8Array | undefined {
  if (!values.some(isNull)) return undefined;
  return Uint8Array.from(values, (value) => (isNull(value) ? 0 : 1));
}

type Stored = ReturnType<typeof storedOf>;

function eachValue(
  api: string,
  dtype: DType,
  values: readonly unknown[],
  where: (index: number) => string,
  take: (value: Stored, index: number) => void,
): void {
  let i = 0;
  try {
    for (; i < values.length; i++) {
      const value = values[i];
      if (!isNull(value)) take(storedOf(dtype, value), i);
    }
  } catch (error) {
    throw misfit(api, where(i), error);
  }
}

/** What does not fit, with its place. */
function misfit(api: string, where: string, error: unknown): unknown {
  if (!(error instanceof DataFrameError) || error.code !== "dataframe/type-mismatch") return error;
  const message = `${api}: ${where} does not fit its column, ${error.message}. Convert it before.`;
  return dataFault("dataframe/type-mismatch", message, { cause: error });
}

function textColumn(
  api: string,
  dtype: DType,
  values: readonly unknown[],
  valid: Uint8Array | undefined,
  where: (index: number) => string,
): Column {
  const texts: string[] = [];
  const offsets = new Int32Array(values.length + 1);
  let total = 0;
  eachValue(api, dtype, values, where, (value, i) => {
    texts[i] = value as string;
    total += Buffer.byteLength(value as string);
  });
  const bytes = textBytes(total);
  const target = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  let at = 0;
  for (let i = 0; i < values.length; i++) {
    const text = texts[i];
    if (text !== undefined && text !== "") at += target.write(text, at);
    offsets[i + 1] = at;
  }
  return makeColumn(dtype, values.length, { values: bytes, offsets, valid });
}

function listColumn(
  api: string,
  dtype: ListType,
  values: readonly unknown[],
  valid: Uint8Array | undefined,
  where: (index: number) => string,
): Column {
  const items: unknown[] = [];
  const offsets = new Int32Array(values.length + 1);
  values.forEach((value, i) => {
    if (!isNull(value)) {
      if (!Array.isArray(value)) throw misfit(api, where(i), unfit(dtype, value));
      for (const item of value as readonly unknown[]) items.push(item);
    }
    offsets[i + 1] = items.length;
  });
  const child = columnOfValues(api, dtype.item, items, (index) => {
    const row = offsets.findIndex((end) => end > index) - 1;
    return `${where(row)}, item ${index - (offsets[row] as number)}`;
  });
  return makeColumn(dtype, values.length, { offsets, valid, children: [child] });
}

function structColumn(
  api: string,
  dtype: StructType,
  values: readonly unknown[],
  valid: Uint8Array | undefined,
  where: (index: number) => string,
): Column {
  values.forEach((value, i) => {
    if (isNull(value) || (typeof value === "object" && !Array.isArray(value))) return;
    throw misfit(api, where(i), unfit(dtype, value));
  });
  const objects = values as readonly (Readonly<Record<string, unknown>> | null | undefined)[];
  const children = Object.entries(dtype.fields).map(([name, part]) => {
    const parts = objects.map((value) => value?.[name]);
    const place = (i: number): string => `${where(i)}, field ${JSON.stringify(name)}`;
    return columnOfValues(api, part, parts, place);
  });
  return makeColumn(dtype, values.length, { valid, children });
}
