import type { Data, DataType, RecordBatch, Table } from "apache-arrow";
import type { Block } from "../column.ts";
import { makeBlock } from "../column.ts";
import type { Field } from "../dtype.ts";
import { invalidArgument } from "../errors.ts";
import { nullColumn } from "../kernels/null-column.ts";
import type { ArrowArray } from "./arrow-array.ts";
import { columnOfArrow } from "./arrow-array.ts";
import type { ArrowField, ArrowType, TypeParts } from "./arrow-type.ts";
import { childTypes, fieldDType, numberedType } from "./arrow-type.ts";
import { encodeTexts } from "./encode-texts.ts";

/** What a Table of Arrow holds: its columns, and a block a record batch, at least one. */
export interface ArrowContent {
  readonly fields: readonly Field[];
  readonly blocks: readonly Block[];
}

/** The columns of a Table or of record batches; memory is shared where layouts agree. */
export function fromArrow(
  api: string,
  given: Table | RecordBatch | readonly RecordBatch[],
): ArrowContent {
  const batches = batchesOf(api, given);
  const schema = (given as Table | RecordBatch).schema ?? batches[0]?.schema;
  if (schema === undefined) {
    throw invalidArgument(api, "no record batches", given, "one or more, or a Table");
  }
  const columns = schema.fields.map(arrowField);
  const fields = columns.map((column) => ({ name: column.name, dtype: fieldDType(api, column) }));
  checkNames(api, fields);
  const names = fields.map(({ name }) => name);
  const blocks = batches.map((batch) => {
    const parts = columns.map(({ type }, i) =>
      encodeTexts(columnOfArrow(arrowArray(batch.data.children[i] as Data, type), false)),
    );
    return makeBlock(batch.numRows, names, parts);
  });
  if (blocks.length > 0) return { fields, blocks };
  const empty = fields.map(({ dtype }) => nullColumn(dtype, 0));
  return { fields, blocks: [makeBlock(0, names, empty)] };
}

function checkNames(api: string, fields: readonly Field[]): void {
  const seen = new Set<string>();
  for (const { name } of fields) {
    if (seen.has(name)) {
      throw invalidArgument(api, "two columns have the same name", name, "names that differ");
    }
    seen.add(name);
  }
}

function batchesOf(
  api: string,
  given: Table | RecordBatch | readonly RecordBatch[],
): readonly RecordBatch[] {
  if (Array.isArray(given)) return given as readonly RecordBatch[];
  const { batches, data } = (given ?? {}) as { batches?: RecordBatch[]; data?: unknown };
  if (Array.isArray(batches)) return batches;
  if (data !== undefined) return [given as RecordBatch];
  throw invalidArgument(api, "no Arrow data", given, "a Table or record batches of apache-arrow");
}

/** A field of Arrow as plain data; read without importing Arrow, whose types are structural. */
export function arrowField(field: { name: string; type: DataType }): ArrowField {
  return { name: field.name, type: arrowType(field.type) };
}

/** Types of apache-arrow, as far as they are read. */
type GivenType = Omit<TypeParts, "value" | "children"> & {
  readonly typeId: number;
  readonly indices: { readonly bitWidth: number; readonly isSigned: boolean };
  readonly dictionary: DataType;
  readonly children?: readonly { name: string; type: DataType }[] | null;
};

function arrowType(given: DataType): ArrowType {
  const type = given as unknown as GivenType;
  if (type.typeId === DICTIONARY) {
    const { bitWidth: bits, isSigned: signed } = type.indices;
    return { kind: "dictionary", id: type.id, bits, signed, value: arrowType(type.dictionary) };
  }
  const children = (type.children ?? []).map(arrowField);
  return numberedType(type.typeId, type, children);
}

/** What apache-arrow numbers dictionaries with, which are no types of their own elsewhere. */
const DICTIONARY = -1;

const arrays = new WeakMap<object, ArrowArray>();

/** Data of Arrow: its slices have cut all buffers but those of bits. */
function arrowArray(data: Data, type: ArrowType): ArrowArray {
  const { nullBitmap, length } = data;
  const types = childTypes(type);
  const texts = type.kind === "dictionary" ? type.value : undefined;
  return {
    type,
    length,
    bitOffset: data.offset,
    validity: data.nullCount > 0 && nullBitmap?.length > 0 ? nullBitmap : undefined,
    offsets: data.valueOffsets,
    values: data.values,
    variadic: data.variadicBuffers ?? [],
    children: data.children.map((child, i) => arrowArray(child, types[i] as ArrowType)),
    dictionary:
      texts === undefined
        ? []
        : (data.dictionary?.data ?? []).map((part) => sharedArray(part as Data, texts)),
  };
}

/** One array a dictionary, which many batches share: what is made of it is made once. */
function sharedArray(data: Data, type: ArrowType): ArrowArray {
  const known = arrays.get(data) ?? arrowArray(data, type);
  arrays.set(data, known);
  return known;
}
