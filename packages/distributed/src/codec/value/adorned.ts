import { corrupt } from "./corrupt.ts";
import type { Decoder } from "./decoder.ts";
import type { Encoder } from "./encoder.ts";
import { Attribute, Integrity, Tag } from "./format.ts";

/**
 * Writes an object that may be more than `inner` says of it: with properties that its kind does not
 * have by itself, or closed to new ones.
 */
export function writeAdorned(
  encoder: Encoder,
  value: object,
  extraKeys: readonly PropertyKey[],
  inner: () => void,
): void {
  const integrity = integrityOf(value);
  if (extraKeys.length === 0 && integrity === Integrity.extensible) return inner();
  const { out } = encoder;
  out.byte(Tag.adorned);
  out.byte(integrity);
  inner();
  writeProperties(encoder, value, extraKeys, integrity);
}

/** Properties with what may be done to them; accessors are refused. */
export function writeProperties(
  encoder: Encoder,
  value: object,
  keys: readonly PropertyKey[],
  integrity = 0,
): void {
  const { out } = encoder;
  out.natural(keys.length);
  for (const key of keys) {
    const property = Object.getOwnPropertyDescriptor(value, key);
    if (property === undefined || !Object.hasOwn(property, "value")) {
      encoder.refuseAccessor(value, key);
    }
    out.byte(attributesOf(property, integrity));
    encoder.value(key);
    encoder.value(property.value);
  }
}

/** Attributes before freezing or sealing took some away, which the decoder does again. */
function attributesOf(property: PropertyDescriptor, integrity: number): number {
  const level = integrity & ~Integrity.fixedLength;
  const writable = property.writable === true || level === Integrity.frozen;
  const configurable = property.configurable === true || level >= Integrity.sealed;
  return (
    (property.enumerable === true ? Attribute.enumerable : 0) |
    (writable ? Attribute.writable : 0) |
    (configurable ? Attribute.configurable : 0)
  );
}

/** Whether a property is as an assignment makes it, but for what freezing or sealing took away. */
export function isUsual(property: PropertyDescriptor | undefined, integrity: number): boolean {
  if (property === undefined || !Object.hasOwn(property, "value")) return false;
  return attributesOf(property, integrity) === Attribute.plain;
}

/** Whether an object is closed, and how far; see {@link Integrity}. */
export function integrityOf(value: object): number {
  const length = Array.isArray(value)
    ? Object.getOwnPropertyDescriptor(value, "length")
    : undefined;
  const fixed = length?.writable === false ? Integrity.fixedLength : 0;
  if (Object.isExtensible(value)) return fixed;
  // V8 calls an empty array frozen that is only sealed: its length can still be written.
  if (Object.isFrozen(value) && length?.writable !== true) return Integrity.frozen;
  return (Object.isSealed(value) ? Integrity.sealed : Integrity.fixed) | fixed;
}

/** Kinds of values that the encoder adorns; anything else may be known to others already. */
const adornable: ReadonlySet<number> = new Set([
  Tag.array,
  Tag.sparseArray,
  Tag.object,
  Tag.bareObject,
  Tag.map,
  Tag.set,
  Tag.date,
  Tag.regexp,
  Tag.boxed,
  Tag.error,
  Tag.domException,
  Tag.buffer,
  Tag.view,
]);

/** Reads what follows {@link Tag.adorned}. */
export function readAdorned(decoder: Decoder): object {
  const { input } = decoder;
  const integrity = input.byte();
  input.need(1);
  if (!adornable.has(input.bytes[input.at] as number)) throw corrupt("a value cannot be adorned");
  const value = decoder.value() as object;
  readProperties(decoder, value);
  if ((integrity & Integrity.fixedLength) !== 0) {
    Object.defineProperty(value, "length", { writable: false });
  }
  const level = integrity & ~Integrity.fixedLength;
  if (level === Integrity.frozen) Object.freeze(value);
  else if (level === Integrity.sealed) Object.seal(value);
  else if (level === Integrity.fixed) Object.preventExtensions(value);
  return value;
}

/** Gives an object the properties that {@link writeProperties} wrote. */
export function readProperties(decoder: Decoder, target: object): void {
  const { input } = decoder;
  for (let left = input.count(); left > 0; left--) {
    const attributes = input.byte();
    const key = decoder.value();
    if (typeof key !== "string" && typeof key !== "symbol") throw corrupt("a key is no key");
    Object.defineProperty(target, key, {
      value: decoder.value(),
      enumerable: (attributes & Attribute.enumerable) !== 0,
      writable: (attributes & Attribute.writable) !== 0,
      configurable: (attributes & Attribute.configurable) !== 0,
    });
  }
}
