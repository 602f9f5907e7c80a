import { hash } from "node:crypto";
import { capture, withEnv } from "@millrace/closure";
import { GraphError, quoteValue } from "./errors.ts";

/**
 * A short text that stands for the content of `values`: equal values give the same token in every
 * process and every run, whatever the insertion order of object keys; different values give different
 * tokens (128 bits of SHA-256 over a canonical form, so up to chance). Functions count by their source
 * and what they capture, instances of classes by class and content. Numbers are exact: `0`, `-0`,
 * `NaN`, `1n` and `"1"` all differ. Arrays, Maps and Sets count in their own order.
 *
 * Cost: about a microsecond a small value; the first use of a function about that of `capture`.
 *
 * @throws GraphError `graph/not-tokenizable` for what has no content to look at: a local symbol, a value
 * nested over 2,000 levels deep. CaptureError for a function or an instance that cannot be captured.
 * @example
 * ```ts
 * import { tokenize } from "@millrace/graph";
 *
 * tokenize({ a: 1, b: [2, 3] }) === tokenize({ b: [2, 3], a: 1 }); // => true
 * tokenize(0) === tokenize(-0); // => false
 * const k = 2;
 * tokenize((x: number) => x * k) === tokenize((x: number) => x * k); // => true
 * ```
 */
export function tokenize(...values: unknown[]): string {
  return tokenOf(values, functionContent);
}

/**
 * Like {@link tokenize}, but what cannot be captured counts by identity: such a token is right in this
 * process and different in every other. Collections name their layers with it, so that a function which
 * cannot travel still runs here.
 */
export function tokenizeLoosely(...values: unknown[]): string {
  return tokenOf(values, contentOrIdentity);
}

/** How a function or an instance that has no canonical form of its own is told apart. */
type ContentOf = (value: object) => string;

function functionContent(value: object): string {
  return typeof value === "function"
    ? capture(value as (...args: never[]) => unknown).hash
    : capture(withEnv({ value }, (env) => env.value)).hash;
}

const identities = new WeakMap<object, string>();
const processToken = crypto.randomUUID();
let identityCount = 0;

function contentOrIdentity(value: object): string {
  const known = identities.get(value);
  if (known !== undefined) return known;
  try {
    return functionContent(value);
  } catch {
    // The reason is told by whoever must ship the function; here it only has to be told apart.
    const identity = `${processToken}:${identityCount++}`;
    identities.set(value, identity);
    return identity;
  }
}

function tokenOf(values: readonly unknown[], contentOf: ContentOf): string {
  return digest(new Canonical(contentOf).of(values, 0));
}

function digest(text: string | Uint8Array): string {
  return hash("sha256", text, "hex").slice(0, 32);
}

const depthMax = 2000;
/** Longer pieces are replaced by their digest, so that the text of a value stays small at each level. */
const pieceLengthMax = 256;

/** Writes values as text in which different content gives different text. */
class Canonical {
  readonly #contentOf: ContentOf;
  readonly #path = new Map<object, number>();
  readonly #known = new Map<object, string>();
  /** How far up the path the piece being written refers: only pieces that stay inside are kept. */
  #reach = Infinity;

  constructor(contentOf: ContentOf) {
    this.#contentOf = contentOf;
  }

  of(value: unknown, depth: number): string {
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
        return symbolOf(value);
      case "function":
        return `f${this.#contentOf(value)}`;
      case "object":
        return value === null ? "N" : this.#object(value, depth);
    }
  }

  #object(value: object, depth: number): string {
    const known = this.#known.get(value);
    if (known !== undefined) return known;
    const above = this.#path.get(value);
    if (above !== undefined) {
      this.#reach = Math.min(this.#reach, above);
      return `^${depth - above}`;
    }
    if (depth > depthMax) {
      throw notTokenizable(`it is nested more than ${depthMax} levels deep`, value);
    }
    const outerReach = this.#reach;
    this.#reach = Infinity;
    this.#path.set(value, depth);
    const text = this.#content(value, depth + 1);
    this.#path.delete(value);
    const piece = text.length > pieceLengthMax ? `${text[0]}#${digest(text)}` : text;
    if (this.#reach >= depth) {
      this.#known.set(value, piece);
      this.#reach = outerReach;
    } else {
      this.#reach = Math.min(this.#reach, outerReach);
    }
    return piece;
  }

  #content(value: object, depth: number): string {
    if (Array.isArray(value)) return this.#array(value, depth);
    if (ArrayBuffer.isView(value) && !isSubclass(value)) return bytesOf(value);
    const prototype: unknown = Object.getPrototypeOf(value);
    switch (prototype) {
      case Object.prototype:
      case null:
        return `{${this.#properties(value, depth)}}`;
      case Map.prototype:
        return `M(${this.#list((value as Map<unknown, unknown>).entries(), depth)})`;
      case Set.prototype:
        return `S(${this.#list((value as Set<unknown>).values(), depth)})`;
      case Date.prototype:
        return `D${(value as Date).getTime()}`;
      case RegExp.prototype: {
        const { source, flags, lastIndex } = value as RegExp;
        return `R(${textOf(source)}${flags}:${lastIndex})`;
      }
      case URL.prototype:
        return `L${textOf((value as URL).href)}`;
      case ArrayBuffer.prototype:
        return `B#${digest(new Uint8Array(value as ArrayBuffer))}`;
      default:
        return value instanceof Error ? this.#error(value, depth) : this.#instance(value, depth);
    }
  }

  #array(value: readonly unknown[], depth: number): string {
    const numbers = numbersOf(value);
    if (numbers !== undefined) return `[#${digest(numbers)}:${value.length}]`;
    const items: string[] = [];
    for (let i = 0; i < value.length; i++) items.push(i in value ? this.of(value[i], depth) : "H");
    return `[${items.join()}]`;
  }

  #list(values: Iterable<unknown>, depth: number): string {
    return Array.from(values, (item) => this.of(item, depth)).join();
  }

  #properties(value: object, depth: number): string {
    const entries = Object.entries(value).map(
      ([name, item]) => `${textOf(name)}:${this.of(item, depth)}`,
    );
    const symbols = Object.getOwnPropertySymbols(value).map(
      (name) => `${symbolOf(name)}:${this.of((value as Record<symbol, unknown>)[name], depth)}`,
    );
    return [...entries, ...symbols].sort().join();
  }

  #error(value: Error, depth: number): string {
    const parts = [value.name, value.message, value.cause];
    return `E(${this.#list(parts, depth)}{${this.#properties(value, depth)}})`;
  }

  /** A class decides with `[Symbol.for("millrace.token")]()` what stands for an instance. */
  #instance(value: object, depth: number): string {
    const own = (value as Record<symbol, unknown>)[Symbol.for("millrace.token")];
    if (typeof own !== "function") return `I${this.#contentOf(value)}`;
    const name = textOf(value.constructor.name);
    return `I(${name}${this.of((own as () => unknown).call(value), depth)})`;
  }
}

function textOf(text: string): string {
  return `s${JSON.stringify(text)}`;
}

/** Lone surrogates would all become one replacement character on the way to UTF-8. */
function wellFormed(text: string): string {
  return !/\p{Surrogate}/u.test(text) ? `t${text}` : `j${JSON.stringify(text)}`;
}

function symbolOf(symbol: symbol): string {
  const name = Symbol.keyFor(symbol);
  if (name !== undefined) return `y${JSON.stringify(name)}`;
  const wellKnown = symbol.description ?? "";
  if ((Symbol as unknown as Record<string, unknown>)[wellKnown.replace("Symbol.", "")] === symbol) {
    return `w${wellKnown}`;
  }
  throw notTokenizable("it is a symbol that only this process knows", symbol);
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

function isSubclass(value: ArrayBufferView): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype !== Buffer.prototype && !Object.hasOwn(globalThis, tagOf(value));
}

function tagOf(value: object): string {
  return Object.prototype.toString.call(value).slice(8, -1);
}

function bytesOf(value: ArrayBufferView): string {
  const bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  const tag = Buffer.isBuffer(value) ? "Buffer" : tagOf(value);
  return `V(${tag}:${value.byteLength}#${digest(bytes)})`;
}

function notTokenizable(why: string, value: unknown): GraphError {
  const got = typeof value === "symbol" ? String(value) : quoteValue(value);
  return new GraphError(
    "graph/not-tokenizable",
    `tokenize: this value has no content to make a token of, ${why}, got ${got}, wanted plain data. ` +
      'Give its class a [Symbol.for("millrace.token")]() method, or name the task explicitly.',
  );
}
