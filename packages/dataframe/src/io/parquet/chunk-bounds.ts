import type { DType } from "../../dtype.ts";
import { isFloat, isText, isWide } from "../../dtype-traits.ts";
import type { ColumnChunk } from "./footer.ts";
import type { Bound, ColumnBounds } from "./may-match.ts";
import type { ParquetColumn } from "./schema.ts";
import { physicalTypes } from "./schema.ts";

/** What the statistics of a flat column tell of one row group; undefined for nested ones. */
export function chunkBounds(
  column: ParquetColumn,
  dtype: DType,
  chunk: ColumnChunk,
): ColumnBounds | undefined {
  const { leaf } = column;
  if (leaf === undefined) return undefined;
  const { min, max, oldMin, oldMax, nulls } = chunk.statistics;
  const { physical } = leaf;
  // Old bounds were ordered with a sign, which is right for what has one.
  const isSigned = !isText(dtype) && !isFloat(dtype) && !dtype.kind.startsWith("uint");
  const old = isSigned && physical !== physicalTypes.fixed;
  const low = boundOf(min ?? (old ? oldMin : undefined), dtype, physical);
  const high = boundOf(max ?? (old ? oldMax : undefined), dtype, physical);
  return { min: low, max: high, nulls: nullsOf(leaf.isRequired ? 0 : nulls, chunk.values) };
}

function nullsOf(nulls: number | undefined, rows: number): ColumnBounds["nulls"] {
  if (nulls === 0) return "none";
  return nulls !== undefined && nulls >= rows ? "all" : "some";
}

function boundOf(bytes: Uint8Array | undefined, dtype: DType, physical: number): Bound | undefined {
  if (bytes === undefined) return undefined;
  const { length } = bytes;
  const view = new DataView(bytes.buffer, bytes.byteOffset, length);
  const isUnsigned = dtype.kind.startsWith("uint");
  switch (physical) {
    case physicalTypes.boolean:
      return length === 1 ? bytes[0] : undefined;
    case physicalTypes.int32: {
      if (length !== 4) return undefined;
      const value = isUnsigned ? view.getUint32(0, true) : view.getInt32(0, true);
      return isWide(dtype) ? BigInt(value) : value;
    }
    case physicalTypes.int64:
      if (length !== 8) return undefined;
      return isUnsigned ? view.getBigUint64(0, true) : view.getBigInt64(0, true);
    case physicalTypes.float:
      return length === 4 ? numberOf(view.getFloat32(0, true)) : undefined;
    case physicalTypes.double:
      return length === 8 ? numberOf(view.getFloat64(0, true)) : undefined;
    case physicalTypes.bytes:
      return isText(dtype) ? bytes : undefined;
    case physicalTypes.fixed:
      return dtype.kind === "decimal" && length > 0 ? bigEndian(bytes) : undefined;
    default:
      return undefined;
  }
}

/** A few writers put NaN into statistics, which then bound nothing. */
function numberOf(value: number): number | undefined {
  return Number.isNaN(value) ? undefined : value;
}

function bigEndian(bytes: Uint8Array): bigint {
  let value = 0n;
  for (const byte of bytes) value = (value << 8n) | BigInt(byte);
  return BigInt.asIntN(8 * bytes.length, value);
}
