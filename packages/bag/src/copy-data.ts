import { openClassToken } from "./class-token.ts";

/**
 * A copy that shares nothing with the value which could change, as if it had travelled to another
 * process: of containers, typed arrays, dates and instances of classes that hide no state, at any
 * depth, circles included. What cannot be copied stays what it is; `kept` is told of it.
 */
export function copyData(value: unknown, kept?: (part: unknown) => void): unknown {
  return isPrimitive(value) ? value : new Copier(kept).copy(value);
}

function isPrimitive(value: unknown): boolean {
  return typeof value !== "object" ? typeof value !== "function" : value === null;
}

type Fields = Record<PropertyKey, unknown>;

class Copier {
  readonly #kept: ((part: unknown) => void) | undefined;
  readonly #copies = new Map<object, object>();
  /** Copies that still hold parts of the original: a list, since data may be deep. */
  readonly #shallow: object[] = [];

  constructor(kept: ((part: unknown) => void) | undefined) {
    this.#kept = kept;
  }

  copy(value: unknown): unknown {
    const copy = this.#of(value);
    for (let next = this.#shallow.pop(); next !== undefined; next = this.#shallow.pop()) {
      this.#deepen(next);
    }
    return copy;
  }

  #of(value: unknown): unknown {
    if (isPrimitive(value)) return value;
    const known = this.#copies.get(value as object);
    if (known !== undefined) return known;
    const copy = typeof value === "function" ? undefined : shallowCopy(value as object);
    if (copy === undefined) {
      this.#kept?.(value);
      return value;
    }
    this.#copies.set(value as object, copy);
    if (!isFlat(copy)) this.#shallow.push(copy);
    return copy;
  }

  #deepen(copy: object): void {
    if (Array.isArray(copy) && copy.length > namedArrayMax) {
      copy.forEach((item, i) => (copy[i] = this.#of(item)));
    } else if (copy instanceof Map) {
      const entries = [...copy];
      copy.clear();
      for (const [key, item] of entries) copy.set(this.#of(key), this.#of(item));
    } else if (copy instanceof Set) {
      const items = [...copy];
      copy.clear();
      for (const item of items) copy.add(this.#of(item));
    } else {
      for (const name of Reflect.ownKeys(copy)) {
        const item = (copy as Fields)[name];
        if (!isPrimitive(item)) (copy as Fields)[name] = this.#of(item);
      }
    }
  }
}

/** Longer arrays are taken to have nothing but items: their names are dear to list. */
const namedArrayMax = 64;

/** Whether a copy surely holds no other object. */
function isFlat(copy: object): boolean {
  if (Array.isArray(copy)) {
    const isLong = copy.length > namedArrayMax;
    return copy.every(isPrimitive) && (isLong || Object.keys(copy).length <= copy.length);
  }
  if (copy instanceof Map) {
    for (const [key, item] of copy) if (!isPrimitive(key) || !isPrimitive(item)) return false;
    return true;
  }
  if (copy instanceof Set) {
    for (const item of copy) if (!isPrimitive(item)) return false;
    return true;
  }
  if (ArrayBuffer.isView(copy)) return true;
  // Quicker than a list of the names; what is inherited is looked at for nothing.
  for (const name in copy) if (!isPrimitive((copy as Fields)[name])) return false;
  return Object.getOwnPropertySymbols(copy).length === 0;
}

/** A copy that holds what the original holds; undefined where there can be none. */
function shallowCopy(value: object): object | undefined {
  const prototype = Object.getPrototypeOf(value) as object | null;
  switch (prototype) {
    case Array.prototype:
      return copyArray(value as readonly unknown[]);
    case Object.prototype:
      return { ...value };
    case null:
      return Object.assign(Object.create(null) as object, value);
    case Map.prototype:
      return new Map(value as Map<unknown, unknown>);
    case Set.prototype:
      return new Set(value as Set<unknown>);
    case ArrayBuffer.prototype:
      return (value as ArrayBuffer).slice(0);
    case Date.prototype:
      return new Date(value as Date);
    case RegExp.prototype:
      return copyPattern(value as RegExp);
    default:
      return ArrayBuffer.isView(value) ? copyView(value, prototype) : copyInstance(value);
  }
}

function copyArray(items: readonly unknown[]): unknown[] {
  const copy = items.slice();
  if (items.length > namedArrayMax) return copy;
  // Such as those of what a regular expression has found.
  return Object.keys(items).length > items.length ? Object.assign(copy, items) : copy;
}

function copyPattern(pattern: RegExp): RegExp {
  const copy = new RegExp(pattern);
  copy.lastIndex = pattern.lastIndex;
  return copy;
}

function copyView(value: ArrayBufferView, prototype: object | null): object | undefined {
  const { buffer, byteOffset: start, byteLength } = value;
  if (buffer instanceof SharedArrayBuffer) return undefined;
  if (prototype === DataView.prototype) {
    return new DataView(buffer.slice(start, start + byteLength));
  }
  if (prototype === Buffer.prototype) return Buffer.from(value as Buffer);
  const parent = prototype === null ? null : (Object.getPrototypeOf(prototype) as unknown);
  return parent === typedArray ? (value as Uint8Array).slice() : undefined;
}

const typedArray: unknown = Object.getPrototypeOf(Uint8Array.prototype);

/**
 * An instance is copied when it is all that its own properties are. A function among them mostly
 * knows its instance, and would change the one that was copied.
 */
function copyInstance(value: object): object | undefined {
  if (openClassToken(value) === undefined) return undefined;
  const copy = Object.create(Object.getPrototypeOf(value) as object) as object;
  for (const name of Reflect.ownKeys(value)) {
    const property = Object.getOwnPropertyDescriptor(value, name) ?? {};
    if (!("value" in property) || typeof property.value === "function") return undefined;
    Object.defineProperty(copy, name, { ...property, writable: true, configurable: true });
  }
  return copy;
}
