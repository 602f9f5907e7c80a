import { tokenizeLoosely } from "@millrace/graph";

/** A map whose keys are equal by SameValueZero, and objects by structure. Iterates by first insertion. */
export class StructuralMap<V> {
  readonly #entries = new Map<unknown, { readonly key: unknown; value: V }>();
  readonly #tokens = new Map<string, object>();

  get size(): number {
    return this.#entries.size;
  }

  /** The entry of a key, or undefined; its value may be replaced. */
  find(key: unknown): { readonly key: unknown; value: V } | undefined {
    return this.#entries.get(isStructured(key) ? this.#representative(key) : key);
  }

  /** Adds an entry for a key that has none. */
  add(key: unknown, value: V): void {
    this.#entries.set(isStructured(key) ? this.#representative(key) : key, { key, value });
  }

  entries(): IterableIterator<{ readonly key: unknown; value: V }> {
    return this.#entries.values();
  }

  /** The first object seen with this content: it stands for all of them. */
  #representative(key: object): object {
    if (this.#entries.has(key)) return key;
    const token = tokenizeLoosely(key);
    const known = this.#tokens.get(token);
    if (known !== undefined) return known;
    this.#tokens.set(token, key);
    return key;
  }
}

function isStructured(key: unknown): key is object {
  return typeof key === "object" && key !== null;
}

/** A number from 0 to 2^32-1 for a key: equal keys get the same one in every process. */
export function hashKey(key: unknown): number {
  switch (typeof key) {
    case "string":
      return hashText(key, 1);
    case "number":
      return hashText(String(key === 0 ? 0 : key), 2);
    case "bigint":
      return hashText(String(key), 3);
    case "boolean":
      return key ? 0x9e3779b9 : 0x7f4a7c15;
    case "undefined":
      return 0x85ebca6b;
    default:
      return key === null ? 0xc2b2ae35 : hashText(tokenizeLoosely(key), 4);
  }
}

/** FNV-1a over UTF-16 units, with a final mix so that the low bits of the answer are good. */
function hashText(text: string, seed: number): number {
  let hash = 0x811c9dc5 ^ seed;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return (hash ^ (hash >>> 13)) >>> 0;
}
