import type { Column } from "../column.ts";
import { makeColumn, makeValues } from "../column.ts";
import type { DType } from "../dtype.ts";

/** A column of nulls; of length 0 the empty column of a dtype. */
export function nullColumn(dtype: DType, length: number): Column {
  const valid = length === 0 ? undefined : new Uint8Array(length);
  switch (dtype.kind) {
    case "utf8":
    case "dictionary":
      return makeColumn(dtype, length, {
        values: new Uint8Array(0),
        valid,
        offsets: new Int32Array(length + 1),
      });
    case "list":
      return makeColumn(dtype, length, {
        valid,
        offsets: new Int32Array(length + 1),
        children: [nullColumn(dtype.item, 0)],
      });
    case "struct":
      return makeColumn(dtype, length, {
        valid,
        children: Object.values(dtype.fields).map((part) => nullColumn(part, length)),
      });
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
    case "decimal":
      return makeColumn(dtype, length, { values: makeValues(dtype, length), valid });
  }
}
