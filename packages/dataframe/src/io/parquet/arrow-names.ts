import type { ArrowField } from "../../arrow/arrow-type.ts";
import { dtypeOfArrow } from "../../arrow/arrow-type.ts";
import type { DType, Schema } from "../../dtype.ts";
import { dictionary, list, struct, timestamp } from "../../dtype.ts";
import { FlatTable } from "../ipc/flatbuffer.ts";
import { ipcFields } from "../ipc/ipc-fields.ts";
import type { ParquetFooter } from "./footer.ts";
import type { ParquetColumn } from "./schema.ts";

/**
 * What Parquet has no words for, from the schema that Arrow leaves in a file: names of time zones,
 * and texts that were dictionaries. Parquet's own schema decides all else.
 */
export function arrowNames(footer: ParquetFooter): (column: ParquetColumn, dtype: DType) => DType {
  const fields = new Map(arrowFields(footer).map((field) => [field.name, field]));
  return ({ name }, dtype) => {
    const field = fields.get(name);
    const named = field && dtypeOfArrow(field.type);
    return named === undefined || typeof named === "string" ? dtype : merged(dtype, named);
  };
}

function arrowFields({ arrowSchema }: ParquetFooter): readonly ArrowField[] {
  if (arrowSchema === undefined) return [];
  try {
    const bytes = new Uint8Array(Buffer.from(arrowSchema, "base64"));
    const isFramed = new DataView(bytes.buffer).getInt32(0, true) === -1;
    const header = FlatTable.root(bytes.subarray(isFramed ? 8 : 0)).table(2);
    return header === undefined ? [] : ipcFields(header);
  } catch (error) {
    // It is a hint: Parquet's schema says the same but for these names.
    if (error instanceof RangeError) return [];
    throw error;
  }
}

function merged(dtype: DType, named: DType): DType {
  if (dtype.kind === "utf8" && named.kind === "dictionary") return dictionary;
  if (dtype.kind === "timestamp" && named.kind === "timestamp") {
    const isZoned = dtype.timezone !== undefined && named.timezone !== undefined;
    return isZoned ? timestamp(dtype.unit, named.timezone) : dtype;
  }
  if (dtype.kind === "list" && named.kind === "list") return list(merged(dtype.item, named.item));
  if (dtype.kind !== "struct" || named.kind !== "struct") return dtype;
  const parts = Object.entries(dtype.fields).map(([name, part]) => {
    const other = named.fields[name];
    return [name, other === undefined ? part : merged(part, other)];
  });
  return struct(Object.fromEntries(parts) as Schema);
}
