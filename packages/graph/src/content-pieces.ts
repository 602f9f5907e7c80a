import { types } from "node:util";
import { bytesDigest, digest, pieceLengthMax } from "./digest.ts";
import { GraphError, quoteValue } from "./errors.ts";

/** How values without a canonical form of their own are told apart. */
export interface CanonicalOptions {
  /** Content of a function, or of an instance of a class. */
  readonly contentOf: (value: object) => string;
  /** Identity of what has no content; where it is missing that is an error. */
  readonly identityOf: ((value: object | symbol) => string) | undefined;
  /** What to look at in place of an object, if anything. */
  readonly standIn?: (value: object) => unknown;
}

/** Takes values apart: the text of a value without parts, or an object's text with its parts. */
export class ContentPieces {
  readonly #options: CanonicalOptions;

  constructor(options: CanonicalOptions) {
    this.#options = options;
  }

  /** The text of what is no object; functions are none here. */
  atom(value: unknown): string {
    switch (typeof value) {
      case "string":
        return value.length > pieceLengthMax ? `s#${digest(wellFormed(value))}` : textOf(value);
      case "number":
        return Object.is(value, -0) ? "n-0" : `n${value}`;
      case "bigint":
        return `i${value}`;
      case "boolean":
        return value ? "T" : "F";
      case "undefined":
        return "U";
      case "symbol":
        return this.#symbol(value);
      case "function":
        return `f${this.#options.contentOf(value)}`;
      case "object":
        // Of objects only null is asked for.
        return "N";
    }
  }

  /** The content of an object: texts, and the objects whose texts stand between them. */
  *of(value: object): Generator<string | object> {
    const other = this.#options.standIn?.(value);
    if (other !== undefined) {
      yield "=";
      yield isObject(other) ? other : this.atom(other);
      return;
    }
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype === Object.prototype || prototype === null) yield* this.#properties(value);
    else if (prototype === Array.prototype) yield* this.#array(value as readonly unknown[]);
    else if (types.isMap(value) && prototype === Map.prototype) {
      yield* this.#list("M", mapItems(value));
      yield* this.#properties(value);
    } else if (types.isSet(value) && prototype === Set.prototype) {
      yield* this.#list("S", value);
      yield* this.#properties(value);
    } else yield* this.#other(value, prototype);
  }

  *#other(value: object, prototype: unknown): Generator<string | object> {
    if (types.isDate(value) && prototype === Date.prototype) {
      yield `D${value.getTime()}`;
      yield* this.#properties(value);
    } else if (types.isRegExp(value) && prototype === RegExp.prototype) {
      yield `R(${textOf(value.source)}${value.flags}:${value.lastIndex})`;
      yield* this.#properties(value);
    } else if (prototype === URL.prototype && hrefOf(value) !== undefined) {
      yield `L${textOf(hrefOf(value) as string)}`;
      yield* this.#properties(value);
    } else if (types.isArrayBuffer(value) && prototype === ArrayBuffer.prototype) {
      yield this.#bytes("B", value, value);
    } else if (ArrayBuffer.isView(value) && isBuiltInView(value, prototype)) {
      const tag = Buffer.isBuffer(value) ? "Buffer" : tagOf(value);
      yield this.#bytes(`V(${tag})`, value, value.buffer);
    } else if (value instanceof Error) {
      const { errors } = value as { errors?: unknown };
      const parts = [value.constructor.name, value.name, value.message, value.cause, errors];
      yield* this.#list("E", parts);
      yield* this.#properties(value);
    } else yield* this.#instance(value);
  }

  *#array(value: readonly unknown[]): Generator<string | object> {
    const numbers = numbersOf(value);
    if (numbers !== undefined) {
      // Looking for properties beside a million numbers would cost more than reading them: only the
      // items count.
      yield `[#${bytesDigest(numbers)}:${value.length}]`;
      return;
    }
    let text = "[";
    let itemCount = 0;
    for (let i = 0; i < value.length; i++) {
      const item = value[i];
      const isItem = item !== undefined || i in value;
      if (isItem) itemCount++;
      if (isObject(item)) {
        yield text;
        yield item;
        text = ",";
      } else {
        text += `${isItem ? this.atom(item) : "H"},`;
        if (text.length > pieceLengthMax) {
          yield text;
          text = "";
        }
      }
    }
    yield `${text}]`;
    if (Object.keys(value).length > itemCount) yield* this.#properties(value);
  }

  *#list(kind: string, values: Iterable<unknown>): Generator<string | object> {
    yield `${kind}(`;
    for (const item of values) {
      yield isObject(item) ? item : this.atom(item);
      yield ",";
    }
    yield ")";
  }

  *#properties(value: object): Generator<string | object> {
    const record = value as Record<PropertyKey, unknown>;
    const names: (readonly [text: string, name: PropertyKey])[] = [];
    for (const name of Object.keys(value)) names.push([textOf(name), name]);
    for (const name of Object.getOwnPropertySymbols(value)) names.push([this.#symbol(name), name]);
    names.sort(([a], [b]) => (a < b ? -1 : 1));
    let text = "{";
    for (const [written, name] of names) {
      const item = record[name];
      text += `${written}:`;
      if (isObject(item)) {
        yield text;
        yield item;
        text = ",";
      } else text += `${this.atom(item)},`;
    }
    yield `${text}}`;
  }

  #bytes(kind: string, value: object, buffer: ArrayBufferLike): string {
    if (isDetached(buffer)) return this.identity("its memory was transferred", value);
    const bytes = ArrayBuffer.isView(value)
      ? new Uint8Array(buffer, value.byteOffset, value.byteLength)
      : new Uint8Array(buffer);
    return `${kind}${bytes.length}#${bytesDigest(bytes)}`;
  }

  /** A class decides with `[Symbol.for("millrace.token")]()` what stands for an instance. */
  *#instance(value: object): Generator<string | object> {
    const own = (value as Record<symbol, unknown>)[Symbol.for("millrace.token")];
    if (typeof own !== "function") {
      yield `I${this.#options.contentOf(value)}`;
      return;
    }
    yield `I(${textOf(value.constructor.name)}`;
    const other: unknown = Reflect.apply(own, value, []);
    yield isObject(other) ? other : this.atom(other);
    yield ")";
  }

  #symbol(symbol: symbol): string {
    const name = Symbol.keyFor(symbol);
    if (name !== undefined) return `y${JSON.stringify(name)}`;
    const wellKnown = symbol.description ?? "";
    if (
      (Symbol as unknown as Record<string, unknown>)[wellKnown.replace("Symbol.", "")] === symbol
    ) {
      return `w${wellKnown}`;
    }
    return this.identity("it is a symbol that only this process knows", symbol);
  }

  /** The text of what has no content, if identity may stand for it. */
  identity(why: string, value: object | symbol): string {
    const { identityOf } = this.#options;
    if (identityOf !== undefined) return `o${identityOf(value)}`;
    throw notTokenizable(why, value);
  }
}

/** Whether a value has parts. */
export function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function textOf(text: string): string {
  return `s${JSON.stringify(text)}`;
}

/** Lone surrogates would all become one replacement character on the way to UTF-8. */
function wellFormed(text: string): string {
  return !/\p{Surrogate}/u.test(text) ? `t${text}` : `j${JSON.stringify(text)}`;
}

function* mapItems(map: ReadonlyMap<unknown, unknown>): Iterable<unknown> {
  for (const [key, item] of map) {
    yield key;
    yield item;
  }
}

/** The bytes of an array that holds only numbers, when it is long enough to be worth it. */
function numbersOf(value: readonly unknown[]): Uint8Array | undefined {
  if (value.length < 64) return undefined;
  const numbers = new Float64Array(value.length);
  for (let i = 0; i < value.length; i++) {
    const item = value[i];
    if (typeof item !== "number") return undefined;
    numbers[i] = Number.isNaN(item) ? NaN : item;
  }
  return new Uint8Array(numbers.buffer);
}

function isBuiltInView(value: ArrayBufferView, prototype: unknown): boolean {
  const builtIn = (globalThis as Record<string, unknown>)[tagOf(value)] as
    { prototype?: unknown } | undefined;
  return prototype === Buffer.prototype || prototype === builtIn?.prototype;
}

function tagOf(value: object): string {
  return Object.prototype.toString.call(value).slice(8, -1);
}

function hrefOf(value: object): string | undefined {
  try {
    return (value as URL).href;
  } catch {
    // It only has the prototype of a URL.
    return undefined;
  }
}

function isDetached(buffer: ArrayBufferLike): boolean {
  if (buffer.byteLength > 0) return false;
  try {
    return new Uint8Array(buffer).length > 0;
  } catch {
    // Nothing else tells it before Node 21: an empty buffer can be looked at, a detached one not.
    return true;
  }
}

function notTokenizable(why: string, value: unknown): GraphError {
  const got = typeof value === "symbol" ? String(value) : quoteValue(value);
  return new GraphError(
    "graph/not-tokenizable",
    `tokenize: this value has no content to make a token of, ${why}, got ${got}, wanted plain data. ` +
      'Give its class a [Symbol.for("millrace.token")]() method, or name the task explicitly.',
  );
}
