import { CaptureError, quote } from "./errors.ts";

/** How to take a value of some class apart and put it together again. */
export type Codec<T extends object = object, P = unknown> = {
  /** Names the codec on both sides, as in "immutable.List"; a second one replaces the first. */
  readonly name: string;
  /** Whether a value is this codec's; asked for every object that is not plain. */
  readonly test: (value: object) => boolean;
  /** Anything that itself can be captured; must not contain the value again. */
  readonly encode: (value: T) => P;
  readonly decode: (payload: P) => T;
  /**
   * A module that registers the codec when it is imported: a package name or an absolute URL. With
   * it the other side needs no import of its own.
   */
  readonly module?: string | URL;
};

const codecs = new Map<string, Codec>();

/**
 * Teach `capture` and `revive` a class whose instances cannot be taken apart (private fields,
 * internal slots, classes that a package does not export); the values stay equal by the codec's
 * own measure.
 *
 * Codecs are per thread and are not sent: the other side must have registered the same name before
 * it revives, by importing the same module, or by `module`, which `revive` imports when it meets
 * the name for the first time. Registering a name again replaces its codec.
 *
 * @param codec - the name, the test and the two directions; see {@link Codec}
 * @throws CaptureError `closure/invalid-argument` when a part is missing
 * @example
 * ```ts
 * import { capture, registerCodec, revive } from "@millrace/closure";
 *
 * class Money {
 *   #cents: number;
 *   constructor(cents: number) { this.#cents = cents; }
 *   get cents(): number { return this.#cents; }
 * }
 * registerCodec({
 *   name: "Money",
 *   test: (value) => value instanceof Money,
 *   encode: (money: Money) => money.cents,
 *   decode: (cents: number) => new Money(cents),
 * });
 * const price = new Money(250);
 * const withTax = await revive<(rate: number) => number>(
 *   capture((rate: number) => price.cents * (1 + rate)),
 * );
 * withTax(0.5); // => 375
 * ```
 */
export function registerCodec<T extends object, P>(codec: Codec<T, P>): void {
  const { name, test, encode, decode } = codec;
  const functions = [test, encode, decode].every((part) => typeof part === "function");
  if (typeof name !== "string" || name === "" || !functions) {
    throw new CaptureError(
      "closure/invalid-argument",
      `registerCodec: a codec needs a name and the functions test, encode and decode, got ${quote(name)}. ` +
        "Pass { name, test, encode, decode }.",
    );
  }
  codecs.set(name, codec as unknown as Codec);
}

/**
 * The codec that claims a value: the last registered one whose `test` says so, or undefined. For
 * whoever makes bytes of values; the value stays as it is. Costs a call of every `test`.
 *
 * @example
 * ```ts
 * import { codecFor } from "@millrace/closure";
 *
 * codecFor(new URL("https://example.org"))?.name; // => "URL"
 * codecFor({}); // => undefined
 * ```
 */
export function codecFor(value: object): Codec | undefined {
  let found: Codec | undefined;
  for (const codec of codecs.values()) if (codec.test(value)) found = codec;
  return found;
}

/**
 * The codec that is registered here under a name, or undefined: the way back from what {@link
 * codecFor} gave.
 *
 * @example
 * ```ts
 * import { codecNamed } from "@millrace/closure";
 *
 * const url = codecNamed("URL")?.decode("https://example.org") as URL;
 * url.hostname; // => "example.org"
 * ```
 */
export function codecNamed(name: string): Codec | undefined {
  return codecs.get(name);
}

// Web classes whose state is private but wholly public to read; every Node has them.
const isExactly =
  (prototype: object) =>
  (value: object): boolean =>
    Object.getPrototypeOf(value) === prototype;

// With properties of its own an object is more than its codec says, and is refused instead.
const isBare =
  (prototype: object) =>
  (value: object): boolean =>
    Object.getPrototypeOf(value) === prototype && Reflect.ownKeys(value).length === 0;

registerCodec({
  name: "URL",
  test: isBare(URL.prototype),
  encode: (url: URL) => url.href,
  decode: (href: string) => new URL(href),
});
registerCodec({
  name: "URLSearchParams",
  test: isBare(URLSearchParams.prototype),
  encode: (params: URLSearchParams) => [...params],
  decode: (pairs: [string, string][]) => new URLSearchParams(pairs),
});
registerCodec({
  name: "TextEncoder",
  test: isExactly(TextEncoder.prototype),
  encode: () => null,
  decode: () => new TextEncoder(),
});
registerCodec({
  name: "TextDecoder",
  test: isExactly(TextDecoder.prototype),
  encode: ({ encoding, fatal, ignoreBOM }: InstanceType<typeof TextDecoder>) => ({
    encoding,
    fatal,
    ignoreBOM,
  }),
  decode: ({ encoding, ...options }: { encoding: string; fatal: boolean; ignoreBOM: boolean }) =>
    new TextDecoder(encoding, options),
});
