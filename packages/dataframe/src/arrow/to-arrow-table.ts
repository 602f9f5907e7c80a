import type { Data, DataType, Field as ArrowField, Schema, Table, Vector } from "apache-arrow";
import type { Block, Column } from "../column.ts";
import { concatColumns } from "../kernels/concat.ts";
import { takeColumn } from "../kernels/take.ts";
import type { DType, Field } from "../dtype.ts";
import type { ArrowModule } from "./arrow-module.ts";
import { arrowModule } from "./arrow-module.ts";
import { timeUnits } from "./arrow-type.ts";
import { packBits } from "./bits.ts";
import { columnsApart } from "./columns-apart.ts";
import { encodeAllTexts } from "./encode-texts.ts";

/** Partitions as a Table of Arrow, a record batch each; numbers and texts share their memory. */
export async function toArrowTable(
  blocks: readonly Block[],
  fields: readonly Field[],
): Promise<Table> {
  const arrow = await arrowModule();
  const schema = arrowSchema(arrow, fields);
  const rows = blocks.map((block) =>
    columnsApart(fields.map(({ name }) => block.columns[block.names.indexOf(name)] as Column)),
  );
  const columns = fields.map(({ dtype }, i) => {
    const parts = rows.map((of) => of[i] as Column);
    const { type } = schema.fields[i] as ArrowField;
    return dtype.kind === "dictionary"
      ? dictionaryData(arrow, parts, type)
      : parts.map((part) => dataOf(arrow, part, type));
  });
  const batches = blocks.map((block, at) => {
    const children = columns.map((parts) => parts[at] as Data);
    const type = new arrow.Struct(schema.fields);
    const data = arrow.makeData({ type, length: block.rows, nullCount: 0, children });
    return new arrow.RecordBatch(schema, data);
  });
  return new arrow.Table(schema, batches);
}

/** The schema of Arrow for columns. */
export function arrowSchema(arrow: ArrowModule, fields: readonly Field[]): Schema {
  return new arrow.Schema(fields.map((field) => arrowFieldOf(arrow, field)));
}

function arrowFieldOf(arrow: ArrowModule, { name, dtype }: Field): ArrowField {
  return new arrow.Field(name, arrowTypeOf(arrow, dtype), true);
}

function arrowTypeOf(arrow: ArrowModule, dtype: DType): DataType {
  switch (dtype.kind) {
    case "int8":
      return new arrow.Int8();
    case "int16":
      return new arrow.Int16();
    case "int32":
      return new arrow.Int32();
    case "int64":
      return new arrow.Int64();
    case "uint8":
      return new arrow.Uint8();
    case "uint16":
      return new arrow.Uint16();
    case "uint32":
      return new arrow.Uint32();
    case "uint64":
      return new arrow.Uint64();
    case "float32":
      return new arrow.Float32();
    case "float64":
      return new arrow.Float64();
    case "bool":
      return new arrow.Bool();
    case "utf8":
      return new arrow.Utf8();
    case "dictionary":
      return new arrow.Dictionary(new arrow.Utf8(), new arrow.Int32());
    case "date":
      return new arrow.DateDay();
    case "timestamp":
      return new arrow.Timestamp(timeUnits.indexOf(dtype.unit), dtype.timezone);
    case "decimal":
      return new arrow.Decimal(dtype.scale, dtype.precision, 128);
    case "list":
      return new arrow.List(arrowFieldOf(arrow, { name: "item", dtype: dtype.item }));
    case "struct": {
      const parts = Object.entries(dtype.fields);
      return new arrow.Struct(
        parts.map(([name, part]) => arrowFieldOf(arrow, { name, dtype: part })),
      );
    }
  }
}

/** One dictionary for all partitions: not every reader takes one that changes. */
function dictionaryData(arrow: ArrowModule, parts: readonly Column[], type: DataType): Data[] {
  if (parts.length === 0) return [];
  const joined = encodeAllTexts(concatColumns(parts));
  const texts = dataOf(arrow, joined.dictionary as Column, new arrow.Utf8());
  const dictionary = arrow.makeVector(texts) as Vector;
  let start = 0;
  return parts.map(({ length, valid }) => {
    const codes = (joined.values as Int32Array).subarray(start, (start += length));
    const { data, ...nulls } = { data: codes, ...nullsOf(valid) };
    return arrow.makeData({ type: type as never, length, data, dictionary, ...nulls } as never);
  });
}

function nullsOf(valid: Uint8Array | undefined): { nullCount: number; nullBitmap?: Uint8Array } {
  if (valid === undefined) return { nullCount: 0 };
  let nullCount = 0;
  for (const flag of valid) nullCount += 1 - flag;
  return nullCount === 0 ? { nullCount } : { nullCount, nullBitmap: packBits(valid) };
}

/** The data of a column that is no dictionary outside. */
function dataOf(arrow: ArrowModule, column: Column, type: DataType): Data {
  const { dtype, length, valid, children } = column;
  const base = { type: type as never, length, ...nullsOf(valid) };
  switch (dtype.kind) {
    case "utf8":
    case "dictionary": {
      const { values, offsets } = plainTexts(column);
      return arrow.makeData({ ...base, data: values, valueOffsets: offsets } as never);
    }
    case "bool":
      return arrow.makeData({ ...base, data: packBits(column.values as Uint8Array) } as never);
    case "decimal":
      return arrow.makeData({
        ...base,
        data: wideDecimals(column.values as BigInt64Array),
      } as never);
    case "list": {
      const [item] = type.children;
      const child = dataOf(arrow, children[0] as Column, (item as ArrowField).type);
      return arrow.makeData({ ...base, valueOffsets: column.offsets, child } as never);
    }
    case "struct": {
      const parts = children.map((child, i) =>
        dataOf(arrow, child, (type.children[i] as ArrowField).type),
      );
      return arrow.makeData({ ...base, children: parts } as never);
    }
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
    case "date":
    case "timestamp":
      return arrow.makeData({ ...base, data: column.values } as never);
  }
}

/** A text column whose texts stand one after the other. */
export function plainTexts(column: Column): Column {
  const { dictionary, valid } = column;
  if (dictionary === undefined) return column;
  const codes = column.values as Int32Array;
  const rows = valid === undefined ? codes : codes.map((code, i) => (valid[i] === 1 ? code : -1));
  return takeColumn(dictionary, rows, true);
}

/** Decimals of 64 bits as the 128 bits that Arrow has. */
function wideDecimals(values: BigInt64Array): Uint32Array {
  const wide = new BigInt64Array(2 * values.length);
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as bigint;
    wide[2 * i] = value;
    wide[2 * i + 1] = value >> 63n;
  }
  return new Uint32Array(wide.buffer);
}
