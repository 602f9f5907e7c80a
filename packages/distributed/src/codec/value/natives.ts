import { types } from "node:util";
import { writeAdorned } from "./adorned.ts";
import { writeDomException, writeError } from "./error-object.ts";
import { corrupt } from "./corrupt.ts";
import type { Decoder } from "./decoder.ts";
import { isDetached, refuseDetached } from "./detached.ts";
import type { Encoder } from "./encoder.ts";
import { Tag } from "./format.ts";
import { writeText } from "./text.ts";
import { writeView } from "./view.ts";

/**
 * Writes an instance of a class of the language that is exactly of that class; false, with nothing
 * written, for any other object. What an object is inside decides, its prototype has to agree.
 */
export function writeNative(encoder: Encoder, value: object, prototype: object): boolean {
  if (ArrayBuffer.isView(value)) return writeView(encoder, value);
  switch (prototype) {
    case Map.prototype:
      return types.isMap(value) && adorn(encoder, value, () => writeMap(encoder, value));
    case Set.prototype:
      return types.isSet(value) && adorn(encoder, value, () => writeSet(encoder, value));
    case Date.prototype:
      return types.isDate(value) && adorn(encoder, value, () => writeDate(encoder, value));
    case RegExp.prototype:
      return types.isRegExp(value) && writeRegExp(encoder, value);
    case ArrayBuffer.prototype:
    case SharedArrayBuffer.prototype:
      return types.isAnyArrayBuffer(value) && writeBuffer(encoder, value, prototype);
    case DOMException.prototype:
      return writeDomException(encoder, value);
    default:
      if (types.isNativeError(value)) return writeError(encoder, value, prototype);
      return types.isBoxedPrimitive(value) && writeBoxed(encoder, value, prototype);
  }
}

function adorn(encoder: Encoder, value: object, inner: () => void): true {
  writeAdorned(encoder, value, Reflect.ownKeys(value), inner);
  return true;
}

function writeMap(encoder: Encoder, map: Map<unknown, unknown>): void {
  const keys: unknown[] = [];
  const values: unknown[] = [];
  // The iterator of the instance may be anybody's.
  Map.prototype.forEach.call(map, (value, key) => {
    keys.push(key);
    values.push(value);
  });
  encoder.out.byte(Tag.map);
  encoder.items(keys);
  encoder.items(values);
}

/** Reads what follows {@link Tag.map}. */
export function readMap(decoder: Decoder): Map<unknown, unknown> {
  const map = decoder.open(new Map<unknown, unknown>());
  const keys = decoder.column();
  const values = decoder.column();
  if (keys.length !== values.length) throw corrupt("a Map has keys without values");
  for (let i = 0; i < keys.length; i++) map.set(keys[i], values[i]);
  if (map.size !== keys.length) throw corrupt("a Map has a key twice");
  return map;
}

function writeSet(encoder: Encoder, set: Set<unknown>): void {
  const members: unknown[] = [];
  Set.prototype.forEach.call(set, (member) => members.push(member));
  encoder.out.byte(Tag.set);
  encoder.items(members);
}

/** Reads what follows {@link Tag.set}. */
export function readSet(decoder: Decoder): Set<unknown> {
  const set = decoder.open(new Set<unknown>());
  const members = decoder.column();
  for (let i = 0; i < members.length; i++) set.add(members[i]);
  if (set.size !== members.length) throw corrupt("a Set has a member twice");
  return set;
}

function writeDate(encoder: Encoder, date: Date): void {
  encoder.out.byte(Tag.date);
  encoder.out.double(Date.prototype.getTime.call(date));
}

/** Reads what follows {@link Tag.date}. */
export function readDate(decoder: Decoder): Date {
  return decoder.open(new Date(decoder.input.double()));
}

function writeRegExp(encoder: Encoder, regexp: RegExp): true {
  const { writable } = Object.getOwnPropertyDescriptor(regexp, "lastIndex") ?? {};
  const isUsual = writable === true || Object.isFrozen(regexp);
  const extras = Reflect.ownKeys(regexp).filter((key) => key !== "lastIndex" || !isUsual);
  // Its own properties may hide what it is; a copy is made of what is inside.
  const { source, flags } = extras.length === 0 ? regexp : new RegExp(regexp);
  writeAdorned(encoder, regexp, extras, () => {
    encoder.out.byte(Tag.regexp);
    writeText(encoder, source);
    writeText(encoder, flags);
    encoder.value(regexp.lastIndex);
  });
  return true;
}

/** Reads what follows {@link Tag.regexp}. */
export function readRegExp(decoder: Decoder): RegExp {
  const source = decoder.value();
  const flags = decoder.value();
  if (typeof source !== "string" || typeof flags !== "string") throw corrupt("a RegExp is no text");
  const regexp = decoder.open(new RegExp(source, flags));
  // Anything may have been assigned to it; only what it is used for makes a number of it.
  regexp.lastIndex = decoder.value() as number;
  return regexp;
}

function writeBoxed(encoder: Encoder, value: object, prototype: object): boolean {
  const primitive = primitiveOf(value);
  if (Object.getPrototypeOf(Object(primitive)) !== prototype) return false;
  const natural = typeof primitive === "string" ? primitive.length + 1 : 0;
  writeAdorned(encoder, value, Reflect.ownKeys(value).slice(natural), () => {
    encoder.out.byte(Tag.boxed);
    encoder.value(primitive);
  });
  return true;
}

/** What a Number, String, Boolean, BigInt or Symbol object holds. */
export function primitiveOf(boxed: object): unknown {
  if (types.isNumberObject(boxed)) return Number.prototype.valueOf.call(boxed);
  if (types.isStringObject(boxed)) return String.prototype.valueOf.call(boxed);
  if (types.isBooleanObject(boxed)) return Boolean.prototype.valueOf.call(boxed);
  if (types.isBigIntObject(boxed)) return BigInt.prototype.valueOf.call(boxed);
  return Symbol.prototype.valueOf.call(boxed);
}

/** Reads what follows {@link Tag.boxed}. */
export function readBoxed(decoder: Decoder): object {
  const primitive = decoder.value();
  if (primitive == null || typeof primitive === "object" || typeof primitive === "function") {
    throw corrupt("a box holds no primitive value");
  }
  return decoder.open(Object(primitive) as object);
}

function writeBuffer(encoder: Encoder, memory: ArrayBufferLike, prototype: object): boolean {
  const isShared = types.isSharedArrayBuffer(memory);
  if (prototype !== (isShared ? SharedArrayBuffer : ArrayBuffer).prototype) return false;
  if (isDetached(memory)) refuseDetached(encoder, memory);
  return adorn(encoder, memory, () => {
    encoder.out.byte(Tag.buffer);
    encoder.out.natural(encoder.memory.showWhole(memory));
  });
}

/** Reads what follows {@link Tag.buffer}. */
export function readBuffer(decoder: Decoder): ArrayBufferLike {
  return decoder.open(decoder.memory.memory(decoder.input.natural()));
}
