import { tokenizeLoosely } from "@millrace/graph/tokens";
import { openClassToken } from "../class-token.ts";

/** Containers inside of each other; keys are flat, and circles have no end. */
const depthMax = 1000;
/** Containers in one key, each counted as often as it is met: sharing has no limit. */
const containersMax = 100_000;

/**
 * A text for an object that is the same for objects of the same structure: leaves by
 * SameValueZero; names, members of Sets and entries of Maps in any order; instances by their class
 * and own properties. Written here, since a digest of each key would cost most of a grouping and a
 * capture of each instance a hundred times that. What shows no structure, and what is circular or
 * beyond the limits, counts by its token.
 */
export function structuralText(key: object): string {
  try {
    return new Writer().object(key, 0);
  } catch (error) {
    if (error !== tooMuch) throw error;
    return tokenText(key);
  }
}

const tooMuch = new Error("more than is written");

function tokenText(value: unknown): string {
  return `#${tokenizeLoosely(value)}`;
}

class Writer {
  #containerCount = 0;

  value(value: unknown, depth: number): string {
    switch (typeof value) {
      case "string":
        return JSON.stringify(value);
      case "bigint":
        return `${value}n`;
      case "number":
      case "boolean":
      case "undefined":
        return String(value);
      case "object":
        return value === null ? "null" : this.object(value, depth);
      case "function":
      case "symbol":
        return tokenText(value);
    }
  }

  object(value: object, depth: number): string {
    if (depth > depthMax || ++this.#containerCount > containersMax) throw tooMuch;
    if (Array.isArray(value)) return this.#array(value, depth + 1);
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype === Object.prototype || prototype === null) {
      return `{${this.#properties(value, depth + 1)}}`;
    }
    const text = ArrayBuffer.isView(value)
      ? viewText(value, prototype)
      : (this.#builtIn(value, prototype, depth + 1) ?? this.#instance(value, depth + 1));
    return text ?? tokenText(value);
  }

  #instance(value: object, depth: number): string | undefined {
    const token = ownMethod in value ? undefined : openClassToken(value);
    return token === undefined ? undefined : `${token}{${this.#properties(value, depth)}}`;
  }

  /** Each item with a comma behind it: a hole is nothing before its comma. */
  #array(value: readonly unknown[], depth: number): string {
    let text = "[";
    for (let i = 0; i < value.length; i++) {
      const item = value[i];
      if (item !== undefined || i in value) text += this.value(item, depth);
      text += ",";
    }
    return `${text}]`;
  }

  #properties(value: object, depth: number): string {
    const names = Object.keys(value);
    if (names.length > 1) names.sort();
    let text = "";
    for (const name of names) {
      text += `${JSON.stringify(name)}:`;
      text += `${this.value((value as Record<string, unknown>)[name], depth)},`;
    }
    const symbols = Object.getOwnPropertySymbols(value).filter((symbol) =>
      Object.prototype.propertyIsEnumerable.call(value, symbol),
    );
    if (symbols.length === 0) return text;
    const marked = symbols.map((symbol) => {
      const item = (value as Record<symbol, unknown>)[symbol];
      return `${tokenText(symbol)}:${this.value(item, depth)}`;
    });
    return text + marked.sort().join();
  }

  #builtIn(value: object, prototype: unknown, depth: number): string | undefined {
    const isBare = (): boolean => Reflect.ownKeys(value).length === 0;
    if (prototype === Date.prototype) return isBare() ? `D${(value as Date).getTime()}` : undefined;
    if (prototype === Set.prototype) {
      if (!isBare()) return undefined;
      const items = Array.from(value as Set<unknown>, (item) => this.value(item, depth));
      return `S{${items.sort().join()}}`;
    }
    if (prototype !== Map.prototype || !isBare()) return undefined;
    const entries = Array.from(value as Map<unknown, unknown>, ([key, item]) =>
      [key, item].map((part) => this.value(part, depth)).join(":"),
    );
    return `M{${entries.sort().join()}}`;
  }
}

/** A class says with this method what stands for an instance; see `tokenize`. */
const ownMethod = Symbol.for("millrace.token");

/** The numbers of a typed array; undefined for a DataView or a class of the user's own. */
function viewText(value: ArrayBufferView, prototype: unknown): string | undefined {
  if (prototype === Buffer.prototype) return `Buffer(${(value as Buffer).toString("base64")})`;
  const name = Object.prototype.toString.call(value).slice(8, -1);
  const known = (globalThis as Record<string, unknown>)[name] as
    { readonly prototype?: unknown } | undefined;
  if (prototype !== known?.prototype || value instanceof DataView) return undefined;
  return `${name}(${Array.prototype.join.call(value)})`;
}

/** A number from 0 to 2^32-1 for a key: equal keys get the same one in every process. */
export function hashKey(key: unknown): number {
  switch (typeof key) {
    case "string":
      return hashText(key, 1);
    case "number":
      return hashText(String(key), 2);
    case "bigint":
      return hashText(String(key), 3);
    case "boolean":
    case "undefined":
      return hashText(String(key), 4);
    case "symbol":
      return hashText(String(key), 5);
    case "object":
      return hashText(key === null ? "null" : structuralText(key), 6);
    case "function":
      return hashText(tokenizeLoosely(key), 7);
  }
}

/** FNV-1a over UTF-16 units, with a final mix so that the low bits of the answer are good. */
function hashText(text: string, seed: number): number {
  let hash = 0x811c9dc5 ^ seed;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return (hash ^ (hash >>> 13)) >>> 0;
}
