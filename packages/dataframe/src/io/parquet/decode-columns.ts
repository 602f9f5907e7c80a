import { encodeTexts } from "../../arrow/encode-texts.ts";
import type { Column } from "../../column.ts";
import { makeColumn } from "../../column.ts";
import type { DType, Field } from "../../dtype.ts";
import { isText, sameDType } from "../../dtype-traits.ts";
import { nullColumn } from "../../kernels/null-column.ts";
import type { LoadedChunk, LoadedGroup } from "./assemble.ts";
import { decodeFlat, isFlatDecodable } from "./decode-flat.ts";
import { decodeWhole } from "./decode-whole.ts";
import { decompressor, isOwnCodec } from "./decompress.ts";
import type { ParquetFooter } from "./footer.ts";
import type { ParquetColumn, ParquetLeaf } from "./schema.ts";
import type { ParquetModule } from "./wasm-module.ts";
import { parquetModule } from "./wasm-module.ts";
import { badLayout } from "../../arrow/arrow-type.ts";

/** A column of a file, and what it is to be. */
export interface DecodedColumn {
  readonly field: Field;
  readonly column: ParquetColumn;
}

/** Columns of row groups, one after the other, of their bytes. */
export async function decodeColumns(
  footer: ParquetFooter,
  columns: readonly DecodedColumn[],
  groups: readonly LoadedGroup[],
): Promise<readonly Column[]> {
  if (groups.length === 0) return columns.map(({ field }) => nullColumn(field.dtype, 0));
  if (columns.length === 0) return [];
  const chunks = columns.map((_, i) => chunksOf(columns, groups, i));
  const isFlat = columns.map(({ field, column }, i) =>
    isFlatDecodable(column.leaf, field.dtype, chunks[i] ?? []),
  );
  const others = columns.filter((_, i) => isFlat[i] !== true);
  const isOwn = chunks.flat().every(({ chunk }) => isOwnCodec(chunk.codec));
  const wasm = others.length === 0 && isOwn ? undefined : await parquetModule();
  const whole = decodeOthers(wasm, footer, columns, others, groups);
  const decompress = decompressor(wasm);
  return columns.map(({ field, column }, i) => {
    const other = whole.get(column);
    if (other !== undefined) return encodeTexts(named(other, field.dtype));
    return decodeFlat(column.leaf as ParquetLeaf, field.dtype, chunks[i] ?? [], decompress);
  });
}

/** The chunks of a column, which has one leaf at least. */
function chunksOf(
  columns: readonly DecodedColumn[],
  groups: readonly LoadedGroup[],
  index: number,
): readonly LoadedChunk[] {
  const start = columns.slice(0, index).reduce((sum, { column }) => sum + leafCount(column), 0);
  const { column } = columns[index] as DecodedColumn;
  return groups.flatMap(({ chunks }) => chunks.slice(start, start + leafCount(column)));
}

function leafCount({ leaves: [start, end] }: ParquetColumn): number {
  return end - start;
}

/** Nested columns and rare encodings, which are left to parquet-wasm. */
function decodeOthers(
  wasm: ParquetModule | undefined,
  footer: ParquetFooter,
  columns: readonly DecodedColumn[],
  others: readonly DecodedColumn[],
  groups: readonly LoadedGroup[],
): ReadonlyMap<ParquetColumn, Column> {
  if (wasm === undefined || others.length === 0) return new Map();
  const parsed = others.map(({ column }) => column);
  const perColumn = parsed.map((column) => {
    const at = columns.findIndex((one) => one.column === column);
    return chunksOf(columns, groups, at);
  });
  const some = groups.map(({ group }, i) => ({
    group,
    chunks: perColumn.flatMap((all, n) => {
      const count = leafCount(parsed[n] as ParquetColumn);
      return all.slice(i * count, (i + 1) * count);
    }),
  }));
  const decoded = decodeWhole(wasm, footer, parsed, some);
  return new Map(parsed.map((column, i) => [column, decoded[i] as Column]));
}

/** A column under the dtype that it was planned with, which may name its time zone. */
function named(column: Column, dtype: DType): Column {
  const { dtype: found, length, children } = column;
  if (sameDType(found, dtype)) return column;
  const isStamp =
    found.kind === "timestamp" && dtype.kind === "timestamp" && found.unit === dtype.unit;
  if (isStamp || (isText(found) && isText(dtype))) return makeColumn(dtype, length, column);
  if (found.kind === "list" && dtype.kind === "list") {
    const items = children.map((child) => named(child, dtype.item));
    return makeColumn(dtype, length, { ...column, children: items });
  }
  if (found.kind === "struct" && dtype.kind === "struct") {
    const parts = Object.values(dtype.fields);
    const renamed = children.map((child, i) => named(child, parts[i] as DType));
    return makeColumn(dtype, length, { ...column, children: renamed });
  }
  throw badLayout(`a column is ${found.kind}, wanted ${dtype.kind}`);
}
