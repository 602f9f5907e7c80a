import { hash } from "node:crypto";
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

/**
 * A text in which different content is written differently; equal content gives the same text
 * anywhere.
 */
export function canonicalText(value: unknown, options: CanonicalOptions): string {
  return new Canonical(options).of(value, 0);
}

/** 128 bits of SHA-256 in hexadecimal. */
export function digest(text: string | Uint8Array): string {
  return hash("sha256", text, "hex").slice(0, 32);
}

/** Every level takes a few frames of the stack, of which the caller has used some. */
const depthMax = 400;
/**
 * Longer pieces are replaced by their digest, so that the text of a value stays small at each
 * level.
 */
const pieceLengthMax = 256;

/**
 * Writes objects once each, however often they are shared. Objects on a cycle cannot be written
 * before each other; they are found as strongly connected components (Tarjan 1972) and told apart
 * by refining: each gets a label of its content with the labels of the round before in it, until
 * no more labels appear.
 */
class Canonical {
  readonly #options: CanonicalOptions;
  /** Texts of the objects that are done. */
  readonly #known = new Map<object, string>();
  /**
   * Objects that are not done, as they were entered; an object is in `known` or here, never in
   * both.
   */
  readonly #open: object[] = [];
  readonly #entered = new Map<object, number>();
  /** Open objects that were met again. */
  readonly #revisited = new Set<object>();
  #enteredCount = 0;
  /** The earliest open object that the one being written leads to. */
  #low = Infinity;
  /** While a cycle is refined: the labels of its objects. */
  #labels: ReadonlyMap<object, string> | undefined;

  constructor(options: CanonicalOptions) {
    this.#options = options;
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
        return this.#symbol(value);
      case "function":
        return `f${this.#options.contentOf(value)}`;
      case "object":
        return value === null ? "N" : this.#object(value, depth);
    }
  }

  #object(value: object, depth: number): string {
    const known = this.#known.get(value) ?? this.#labels?.get(value);
    if (known !== undefined) return known;
    const earlier = this.#entered.get(value);
    if (earlier !== undefined) {
      this.#revisited.add(value);
      this.#low = Math.min(this.#low, earlier);
      return "^";
    }
    if (depth > depthMax) {
      if (this.#options.identityOf !== undefined) return `o${this.#options.identityOf(value)}`;
      throw notTokenizable(`it is nested more than ${depthMax} levels deep`, value);
    }
    return this.#enter(value, depth);
  }

  #enter(value: object, depth: number): string {
    const own = this.#enteredCount++;
    const outerLow = this.#low;
    this.#entered.set(value, own);
    this.#open.push(value);
    this.#low = own;
    const text = this.#content(value, depth + 1);
    const low = this.#low;
    this.#low = Math.min(outerLow, low);
    if (low < own) return "^";
    const members = this.#open.splice(this.#open.lastIndexOf(value));
    if (members.length === 1 && !this.#revisited.has(value))
      this.#known.set(value, shortened(text));
    else this.#refine(members, depth);
    for (const member of members) this.#entered.delete(member);
    return this.#known.get(value) as string;
  }

  #refine(members: readonly object[], depth: number): void {
    let labels = new Map(members.map((member) => [member, "^"]));
    let labelCount = 0;
    let steps: string[] = [];
    for (let count = 1; count > labelCount;) {
      labelCount = count;
      this.#labels = labels;
      const next = new Map(
        members.map((member) => [member, digest(this.#content(member, depth + 1))]),
      );
      this.#labels = undefined;
      steps = members.map((member) => `${labels.get(member)}>${next.get(member)}`);
      labels = next;
      count = new Set(labels.values()).size;
    }
    // Equal labels mean equal content only between cycles in which all labels came about in the
    // same way.
    const all = digest([...new Set(steps)].sort().join());
    for (const [member, label] of labels) this.#known.set(member, `@${all}${label}`);
  }

  #content(value: object, depth: number): string {
    const other = this.#options.standIn?.(value);
    if (other !== undefined) return `=${this.of(other, depth)}`;
    if (ArrayBuffer.isView(value) && isBuiltInView(value)) return bytesOf(value);
    const prototype: unknown = Object.getPrototypeOf(value);
    switch (prototype) {
      case Object.prototype:
      case null:
        return `{${this.#properties(value, depth)}}`;
      case Array.prototype:
        return this.#array(value as readonly unknown[], depth);
      case ArrayBuffer.prototype:
        return `B#${digest(new Uint8Array(value as ArrayBuffer))}`;
      case Map.prototype:
      case Set.prototype:
      case Date.prototype:
      case RegExp.prototype:
      case URL.prototype:
        return `${this.#builtIn(value, depth)}{${this.#properties(value, depth)}}`;
      default:
        return value instanceof Error ? this.#error(value, depth) : this.#instance(value, depth);
    }
  }

  #builtIn(value: object, depth: number): string {
    if (value instanceof Map) return `M(${this.#list(value.entries(), depth)})`;
    if (value instanceof Set) return `S(${this.#list(value.values(), depth)})`;
    if (value instanceof Date) return `D${value.getTime()}`;
    if (value instanceof RegExp) {
      return `R(${textOf(value.source)}${value.flags}:${value.lastIndex})`;
    }
    return `L${textOf((value as URL).href)}`;
  }

  #array(value: readonly unknown[], depth: number): string {
    const numbers = numbersOf(value);
    // Looking for properties beside a million numbers would cost more than reading them: only the
    // items count.
    if (numbers !== undefined) return `[#${digest(numbers)}:${value.length}]`;
    const items: string[] = [];
    let itemCount = 0;
    for (let i = 0; i < value.length; i++) {
      const isItem = i in value;
      if (isItem) itemCount++;
      items.push(isItem ? this.of(value[i], depth) : "H");
    }
    const hasMore = Object.keys(value).length > itemCount;
    return `[${items.join()}]${hasMore ? `{${this.#properties(value, depth)}}` : ""}`;
  }

  #list(values: Iterable<unknown>, depth: number): string {
    return Array.from(values, (item) => this.of(item, depth)).join();
  }

  #properties(value: object, depth: number): string {
    const entries = Object.entries(value).map(
      ([name, item]) => `${textOf(name)}:${this.of(item, depth)}`,
    );
    const symbols = Object.getOwnPropertySymbols(value).map(
      (name) => `${this.#symbol(name)}:${this.of((value as Record<symbol, unknown>)[name], depth)}`,
    );
    return [...entries, ...symbols].sort().join();
  }

  #error(value: Error, depth: number): string {
    const { errors } = value as { errors?: unknown };
    const parts = [value.constructor.name, value.name, value.message, value.cause, errors];
    return `E(${this.#list(parts, depth)}{${this.#properties(value, depth)}})`;
  }

  /** A class decides with `[Symbol.for("millrace.token")]()` what stands for an instance. */
  #instance(value: object, depth: number): string {
    const own = (value as Record<symbol, unknown>)[Symbol.for("millrace.token")];
    if (typeof own !== "function") return `I${this.#options.contentOf(value)}`;
    const name = textOf(value.constructor.name);
    return `I(${name}${this.of((own as () => unknown).call(value), depth)})`;
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
    if (this.#options.identityOf !== undefined) return `o${this.#options.identityOf(symbol)}`;
    throw notTokenizable("it is a symbol that only this process knows", symbol);
  }
}

function shortened(text: string): string {
  return text.length > pieceLengthMax ? `${text[0]}#${digest(text)}` : text;
}

function textOf(text: string): string {
  return `s${JSON.stringify(text)}`;
}

/** Lone surrogates would all become one replacement character on the way to UTF-8. */
function wellFormed(text: string): string {
  return !/\p{Surrogate}/u.test(text) ? `t${text}` : `j${JSON.stringify(text)}`;
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

function isBuiltInView(value: ArrayBufferView): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  const builtIn = (globalThis as Record<string, unknown>)[tagOf(value)] as
    { prototype?: unknown } | undefined;
  return prototype === Buffer.prototype || prototype === builtIn?.prototype;
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
