import { capture, withEnv } from "@millrace/closure";
import { canonicalText } from "./canonical.ts";
import type { CanonicalOptions } from "./content-pieces.ts";
import { digest } from "./digest.ts";

/**
 * A short text that stands for the content of `values`: equal values give the same token in every
 * process and every run, whatever the insertion order of object keys; different values give
 * different tokens (128 bits of SHA-256 over a canonical form, so up to chance). Numbers are
 * exact: `0`, `-0`, `NaN`, `1n` and `"1"` all differ. Arrays, Maps and Sets count in their own
 * order, shared objects as if they were copied. Functions count by their source and what they
 * capture, instances of classes by class and fields, both as `capture` sees them, so there the
 * order of fields counts; errors by class, name, message, cause and fields, not by stack.
 *
 * Not told apart are an object without prototype from a plain one, and arrays of 64 numbers or more
 * that differ in properties beside the numbers. Typed arrays count by their bytes, so that one NaN
 * may differ from another there.
 *
 * Cost: about a microsecond a small value, in little memory beside the values, however deep they
 * are; the first use of a function about that of `capture`.
 *
 * @throws GraphError `graph/not-tokenizable` for what has no content to look at: a local symbol,
 * memory that was transferred, a cycle of very many objects that are hard to tell apart.
 * CaptureError for a function or an instance that cannot be captured.
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
  return tokenOf(values, strict);
}

/**
 * Like {@link tokenize}, but what has no content to look at or cannot be captured counts by
 * identity: such a token is right in this process and different in every other. Collections name
 * their layers with it, so that a function which cannot travel still runs here.
 *
 * @example
 * ```ts
 * import { tokenizeLoosely } from "@millrace/graph";
 *
 * const socket = Promise.resolve();
 * tokenizeLoosely(socket) === tokenizeLoosely(socket); // => true
 * tokenizeLoosely(socket) === tokenizeLoosely(Promise.resolve()); // => false
 * ```
 */
export function tokenizeLoosely(...values: unknown[]): string {
  return tokenOf(values, loose);
}

/**
 * As {@link tokenizeLoosely}; where `standIn` gives something for an object, that is looked at in
 * its place.
 */
export function tokenizeWith(standIn: (value: object) => unknown, ...values: unknown[]): string {
  return tokenOf(values, { ...loose, standIn });
}

function tokenOf(values: readonly unknown[], options: CanonicalOptions): string {
  return digest(canonicalText(values, options));
}

const strict: CanonicalOptions = { contentOf: capturedContent, identityOf: undefined };
const loose: CanonicalOptions = { contentOf: contentOrIdentity, identityOf };

function capturedContent(value: object): string {
  return typeof value === "function"
    ? capture(value as (...args: never[]) => unknown).hash
    : capture(withEnv({ value }, (env) => env.value)).hash;
}

const identities = new WeakMap<object | symbol, string>();
const processToken = crypto.randomUUID();
let identityCount = 0;

function identityOf(value: object | symbol): string {
  let identity = identities.get(value);
  if (identity === undefined) {
    identity = `${processToken}:${identityCount++}`;
    identities.set(value, identity);
  }
  return identity;
}

function contentOrIdentity(value: object): string {
  const known = identities.get(value);
  if (known !== undefined) return known;
  try {
    return capturedContent(value);
  } catch {
    // The reason is told by whoever must ship the function; here it only has to be told apart.
    return identityOf(value);
  }
}
