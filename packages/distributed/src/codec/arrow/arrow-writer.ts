import { ArrowKind, arrowTypes } from "./arrow-types.ts";
import { type ArrowData, cutToUse } from "./arrow-slice.ts";
import type { Encoder } from "../value/encoder.ts";
import { Need, Tag } from "../value/format.ts";
import { classNameOf, describeValue } from "../value/refusal.ts";
import { writePlainView } from "../value/view.ts";

/** The marks by which copies of Arrow know each other's objects; none of the package is loaded. */
const marks = (
  ["Table", "RecordBatch", "Vector", "Schema", "Field", "Data", "DataType"] as const
).map((name) => ({ name, mark: Symbol.for(`apache-arrow/${name}`) }));

const typeMark = Symbol.for("apache-arrow/DataType");

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
  const known = marks.find(({ mark }) => marked[mark] === true);
  if (known === undefined || !isOwnClass(value, known)) return false;
  const arrow = value as ArrowObject;
  encoder.need("", { kind: Need.arrow, module: "" });
  encoder.out.byte(Tag.arrow);
  // Constructors of Arrow look into what they are given, so nothing of it is put off.
  encoder.atOnce += 1;
  switch (known.name) {
    case "Table":
      writeParts(encoder, ArrowKind.table, [arrow.schema, arrow.batches]);
      break;
    case "RecordBatch":
      if (classNameOf(value) === placeholder) {
        writeParts(encoder, ArrowKind.placeholderBatch, [arrow.schema, arrow.metadata]);
      } else {
        const { schema, data, metadata } = arrow;
        writeParts(encoder, ArrowKind.recordBatch, [schema, data, metadata]);
      }
      break;
    case "Vector": {
      const isMemoized = Object.hasOwn(arrow, "isMemoized");
      writeParts(encoder, isMemoized ? ArrowKind.memoizedVector : ArrowKind.vector, [arrow.data]);
      break;
    }
    case "Schema": {
      const { fields, metadata, dictionaries, metadataVersion } = arrow;
      writeParts(encoder, ArrowKind.schema, [fields, metadata, dictionaries, metadataVersion]);
      break;
    }
    case "Field": {
      const { name, type, nullable, metadata } = arrow;
      writeParts(encoder, ArrowKind.field, [name, type, nullable, metadata]);
      break;
    }
    case "Data":
      writeData(encoder, arrow);
      break;
    case "DataType":
      writeType(encoder, arrow);
  }
  encoder.atOnce -= 1;
  return true;
}

/** The one subclass that Arrow has of its batches: it stands in a table of a stream without any. */
const placeholder = "_InternalEmptyPlaceholderRecordBatch";

/** Names of the class of a vector; those of several chunks have none. */
const vectorClasses: ReadonlySet<string | undefined> = new Set([undefined, "MemoizedVector"]);

/** Whether an object is of a class of Arrow itself, and not of a user's that extends one. */
function isOwnClass(value: object, { name, mark }: (typeof marks)[number]): boolean {
  const prototype = Object.getPrototypeOf(value) as object;
  if (Object.hasOwn(prototype, mark)) return true;
  const parent = Object.getPrototypeOf(prototype) as object;
  switch (name) {
    case "RecordBatch":
      return classNameOf(value) === placeholder;
    case "Vector":
      // Vectors of several chunks, and those that keep their values, have prototypes of their own.
      return Object.hasOwn(parent, mark) && vectorClasses.has(classNameOf(value));
    case "DataType":
      return Object.hasOwn(parent, mark) || Object.hasOwn(Object.getPrototypeOf(parent), mark);
    case "Table":
    case "Schema":
    case "Field":
    case "Data":
      return false;
  }
}

function writeParts(encoder: Encoder, kind: number, parts: readonly unknown[]): void {
  encoder.out.byte(kind);
  for (const part of parts) encoder.value(part);
}

function writeType(encoder: Encoder, type: ArrowObject): void {
  const known = arrowTypes.get(type.typeId);
  if (known === undefined) {
    const found = `${describeValue(type)}, a type of Arrow that is not known here`;
    encoder.refuseBecause(type, found, "Cast the column to another type.");
  }
  const parts = type as unknown as Readonly<Record<string, unknown>>;
  const parent = Object.getPrototypeOf(Object.getPrototypeOf(type)) as object;
  const isNamed = !Object.hasOwn(parent, typeMark);
  if (isNamed && known.named === undefined) encoder.refuse(type);
  encoder.out.byte(isNamed ? ArrowKind.namedType : ArrowKind.type);
  encoder.value(type.typeId);
  for (const part of known.parts) {
    encoder.value(part === "child" ? (parts["children"] as unknown[])[0] : parts[part]);
  }
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
    if (buffer != null) writeBuffer(encoder, whole, buffer);
  }
  out.natural(data.children.length);
  for (const child of data.children) encoder.value(child);
  out.byte(data.dictionary == null ? 0 : 1);
  if (data.dictionary != null) encoder.value(data.dictionary);
  const variadic = data.variadicBuffers ?? [];
  out.natural(variadic.length);
  for (const buffer of variadic) writeBuffer(encoder, whole, buffer);
}

function writeBuffer(encoder: Encoder, data: ArrowData, buffer: ArrayBufferView): void {
  if (!ArrayBuffer.isView(buffer)) {
    const found = "a column of Arrow whose buffer is no typed array";
    encoder.refuseBecause(data, found, "Make it with makeData or vectorFromArray.");
  }
  writePlainView(encoder, buffer);
}
