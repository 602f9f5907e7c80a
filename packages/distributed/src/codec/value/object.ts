import { integrityOf, isUsual, writeAdorned } from "./adorned.ts";
import type { Decoder } from "./decoder.ts";
import type { Encoder } from "./encoder.ts";
import { corrupt } from "./corrupt.ts";
import { Tag } from "./format.ts";
import { hasOnlyItems } from "./only-items.ts";
import { isDisguised } from "./refusal.ts";
import { setField } from "./shape.ts";

type ObjectTag = typeof Tag.object | typeof Tag.bareObject;

/** An object of Object.prototype, or of no prototype: its keys by number of shape, its fields. */
export function writeObject(encoder: Encoder, value: object, tag: ObjectTag): void {
  const keys = Object.getOwnPropertyNames(value);
  if (keys.length === 0 && isDisguised(value)) encoder.refuse(value);
  const fields = new Array<unknown>(keys.length);
  let isPlain = Object.isExtensible(value) && Object.getOwnPropertySymbols(value).length === 0;
  for (let i = 0; i < keys.length && isPlain; i++) {
    const field = Object.getOwnPropertyDescriptor(value, keys[i] as string);
    isPlain = field?.writable === true && field.enumerable === true && field.configurable === true;
    fields[i] = field?.value;
  }
  const { out } = encoder;
  if (!isPlain) {
    return writeAdorned(encoder, value, Reflect.ownKeys(value), () => {
      out.byte(tag);
      encoder.shapes.write(encoder, []);
    });
  }
  out.byte(tag);
  encoder.shapes.write(encoder, keys);
  for (let i = 0; i < fields.length; i++) encoder.value(fields[i]);
}

/** Reads what follows {@link Tag.object} or {@link Tag.bareObject}. */
export function readObject(decoder: Decoder, isBare: boolean): object {
  const value = decoder.open(isBare ? (Object.create(null) as object) : {});
  const shape = decoder.shapes.read(decoder);
  for (const key of shape.keys) setField(value, shape, key, decoder.value());
  return value;
}

/** An array of the class Array itself. */
export function writeArray(encoder: Encoder, array: unknown[]): void {
  if (hasOnlyItems(array)) {
    encoder.out.byte(Tag.array);
    return encoder.items(array);
  }
  writeUnusualArray(encoder, array);
}

/** An array with holes, more properties, read-only items, or closed to new ones. */
function writeUnusualArray(encoder: Encoder, array: unknown[]): void {
  const { out } = encoder;
  const keys = Reflect.ownKeys(array);
  // Indices come first, then `length`, then all that was added.
  const indexCount = keys.indexOf("length");
  const integrity = integrityOf(array);
  const indices: number[] = [];
  const items: unknown[] = [];
  const extraKeys = keys.slice(indexCount + 1);
  for (const key of keys.slice(0, indexCount)) {
    const item = Object.getOwnPropertyDescriptor(array, key);
    if (isUsual(item, integrity)) {
      indices.push(Number(key));
      items.push(item?.value);
    } else extraKeys.push(key);
  }
  writeAdorned(encoder, array, extraKeys, () => {
    if (items.length === array.length) {
      out.byte(Tag.array);
      return encoder.items(items);
    }
    out.byte(Tag.sparseArray);
    out.natural(array.length);
    encoder.items(indices);
    encoder.items(items);
  });
}

/** Reads what follows {@link Tag.sparseArray}. */
export function readSparseArray(decoder: Decoder): unknown[] {
  const array = decoder.open<unknown[]>([]);
  const length = decoder.input.natural();
  if (length > LENGTH_MAX) throw corrupt("an array is too long");
  const indices = decoder.column();
  const items = decoder.column();
  if (items.length !== indices.length) throw corrupt("an array has items without places");
  // So long, an array is kept as a table of its items; set at once, the length would make room.
  if (length > 4 * items.length + 1_024) array.length = LENGTH_MAX;
  array.length = length;
  let next = 0;
  for (let i = 0; i < items.length; i++) {
    const index = indices[i];
    const isPlace = typeof index === "number" && Number.isInteger(index);
    if (!isPlace || index < next || index >= length) throw corrupt("an item has no place");
    array[index] = items[i];
    next = index + 1;
  }
  return array;
}

/** The longest that an array can be. */
const LENGTH_MAX = 2 ** 32 - 1;
