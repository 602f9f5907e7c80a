import { ArrowKind, arrowTypes } from "./arrow-types.ts";
import { type ArrowData, cutToUse } from "./arrow-slice.ts";
import type { Encoder } from "../value/encoder.ts";
import { Need, Tag } from "../value/format.ts";
import { describeValue } from "../value/refusal.ts";
import { writePlainView } from "../value/view.ts";

/** The marks by which copies of Arrow know each other's objects; none of the package is loaded. */
const marks = {
  table: Symbol.for("apache-arrow/Table"),
  recordBatch: Symbol.for("apache-arrow/RecordBatch"),
  vector: Symbol.for("apache-arrow/Vector"),
  schema: Symbol.for("apache-arrow/Schema"),
  field: Symbol.for("apache-arrow/Field"),
  data: Symbol.for("apache-arrow/Data"),
  type: Symbol.for("apache-arrow/DataType"),
} as const;

/** An object of Arrow by its parts; which of them it has, its mark says. */
interface ArrowObject extends ArrowData {
  readonly schema: unknown;
  readonly batches: readonly unknown[];
  readonly metadata: unknown;
  readonly data: unknown;
  readonly fields: unknown;
  readonly dictionaries: unknown;
  readonly metadataVersion: unknown;
  readonly name: unknown;
  readonly nullable: unknown;
  readonly typeId: number;
}

/**
 * Writes a Table, RecordBatch, Vector, Schema, Field, Data or type of Apache Arrow; false, with
 * nothing written, for any other object. Columns are buffers of the block, not copied; properties
 * that were added to an object of Arrow do not travel.
 */
export function writeArrow(encoder: Encoder, value: object): boolean {
  const marked = value as Readonly<Record<symbol, unknown>>;
  const mark = Object.entries(marks).find(([, symbol]) => marked[symbol] === true)?.[0];
  if (mark === undefined) return false;
  const prototype = Object.getPrototypeOf(value) as object;
  const arrow = value as ArrowObject;
  encoder.needs.set("", { kind: Need.arrow, module: "" });
  encoder.out.byte(Tag.arrow);
  // Constructors of Arrow look into what they are given, so nothing of it is put off.
  encoder.atOnce += 1;
  switch (mark as keyof typeof marks) {
    case "table":
      writeParts(encoder, ArrowKind.table, [arrow.schema, arrow.batches]);
      break;
    case "recordBatch":
      writeBatch(encoder, arrow, prototype);
      break;
    case "vector": {
      const isMemoized = Object.hasOwn(arrow, "isMemoized");
      writeParts(encoder, isMemoized ? ArrowKind.memoizedVector : ArrowKind.vector, [arrow.data]);
      break;
    }
    case "schema":
      writeParts(encoder, ArrowKind.schema, [
        arrow.fields,
        arrow.metadata,
        arrow.dictionaries,
        arrow.metadataVersion,
      ]);
      break;
    case "field":
      writeParts(encoder, ArrowKind.field, [
        arrow.name,
        arrow.type,
        arrow.nullable,
        arrow.metadata,
      ]);
      break;
    case "data":
      writeData(encoder, arrow);
      break;
    case "type":
      writeType(encoder, arrow, prototype);
  }
  encoder.atOnce -= 1;
  return true;
}

function writeParts(encoder: Encoder, kind: number, parts: readonly unknown[]): void {
  encoder.out.byte(kind);
  for (const part of parts) encoder.value(part);
}

function writeBatch(encoder: Encoder, batch: ArrowObject, prototype: object): void {
  // The one subclass that Arrow has: without it a stream of no batches would get an empty one.
  const isPlaceholder = !Object.hasOwn(prototype, marks.recordBatch);
  if (isPlaceholder) {
    return writeParts(encoder, ArrowKind.placeholderBatch, [batch.schema, batch.metadata]);
  }
  writeParts(encoder, ArrowKind.recordBatch, [batch.schema, batch.data, batch.metadata]);
}

function writeType(encoder: Encoder, type: ArrowObject, prototype: object): void {
  const known = arrowTypes.get(type.typeId);
  if (known === undefined) {
    const found = `${describeValue(type)}, a type of Arrow that is not known here`;
    encoder.refuseBecause(type, found, "Cast the column to another type.");
  }
  const parts = type as unknown as Readonly<Record<string, unknown>>;
  const isNamed = known.named !== undefined && !isBaseClass(prototype);
  encoder.out.byte(isNamed ? ArrowKind.namedType : ArrowKind.type);
  encoder.value(type.typeId);
  for (const part of known.parts) {
    encoder.value(part === "child" ? (parts["children"] as unknown[])[0] : parts[part]);
  }
}

/** Whether a class comes right after the common class of all types. */
function isBaseClass(prototype: object): boolean {
  return Object.hasOwn(Object.getPrototypeOf(prototype) as object, marks.type);
}

function writeData(encoder: Encoder, whole: ArrowData): void {
  const data = cutToUse(whole);
  const { out } = encoder;
  out.byte(ArrowKind.data);
  encoder.value(data.type);
  out.natural(data.offset);
  out.natural(data.length);
  // -1 says that nobody has counted the nulls; counting them now would look at every column.
  out.natural((data._nullCount ?? -1) + 1);
  for (const buffer of [data.valueOffsets, data.values, data.nullBitmap, data.typeIds]) {
    out.byte(buffer == null ? 0 : 1);
    if (buffer != null) writePlainView(encoder, buffer);
  }
  out.natural(data.children.length);
  for (const child of data.children) encoder.value(child);
  out.byte(data.dictionary == null ? 0 : 1);
  if (data.dictionary != null) encoder.value(data.dictionary);
  const variadic = data.variadicBuffers ?? [];
  out.natural(variadic.length);
  for (const buffer of variadic) writePlainView(encoder, buffer);
}
