import type { FFIStream } from "parquet-wasm";
import { columnOfArrow } from "../../arrow/arrow-array.ts";
import type { ArrowArray } from "../../arrow/arrow-array.ts";
import type { ArrowType } from "../../arrow/arrow-type.ts";
import { nullColumn } from "../../kernels/null-column.ts";
import { ArrowMemory } from "../../arrow/arrow-ffi.ts";
import { badLayout, childTypes, dtypeOfArrow } from "../../arrow/arrow-type.ts";
import type { Column } from "../../column.ts";
import { concatColumns } from "../../kernels/concat.ts";
import type { LoadedGroup } from "./assemble.ts";
import { assembleParquet } from "./assemble.ts";
import type { ParquetFooter } from "./footer.ts";
import type { ParquetColumn } from "./schema.ts";
import type { ParquetModule } from "./wasm-module.ts";

/** Rows of a batch: large ones make few columns to join, but none of more than 2 GB. */
const BATCH_ROWS = 1_048_576;

/** Columns decoded by parquet-wasm, which knows all encodings and nestings. */
export function decodeWhole(
  wasm: ParquetModule,
  footer: ParquetFooter,
  columns: readonly ParquetColumn[],
  groups: readonly LoadedGroup[],
): readonly Column[] {
  const file = assembleParquet(footer, columns, groups);
  const stream = openStream(wasm, file);
  try {
    const memory = new ArrowMemory(wasm.wasmMemory().buffer);
    const { type } = memory.field(stream.schemaAddr());
    const batches = [...stream.arrayAddrs()].map((at) => memory.array(at, type).children);
    const types = childTypes(type);
    return columns.map((column, i) => {
      const one = types[i];
      if (one === undefined) throw badLayout(`the column ${column.name} is missing`);
      const parts = batches.map((batch) => columnOfArrow(batch[i] as ArrowArray, true));
      return parts.length === 0 ? emptyOf(one) : concatColumns(parts);
    });
  } finally {
    stream.free();
  }
}

function emptyOf(type: ArrowType): Column {
  const dtype = dtypeOfArrow(type);
  if (typeof dtype === "string") throw badLayout(`a column is of type ${dtype}`);
  return nullColumn(dtype, 0);
}

/**
 * Whatever the decoder throws, be it a text, an Error or a trap, is about the bytes it was given.
 */
function openStream(wasm: ParquetModule, file: Uint8Array): FFIStream {
  try {
    return wasm.readParquet(file, { batchSize: BATCH_ROWS }).intoFFI();
  } catch (error) {
    throw badLayout(error instanceof Error ? error.message : String(error));
  }
}
