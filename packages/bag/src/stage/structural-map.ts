import { structuralText } from "./structural-text.ts";

/** One key and what belongs to it; `value` may be replaced. */
export interface Entry<V> {
  readonly key: unknown;
  value: V;
}

/**
 * A map whose keys are equal by SameValueZero, and objects by structure. Iterates by first
 * insertion.
 */
export class StructuralMap<V> {
  readonly #entries = new Map<unknown, Entry<V>>();
  readonly #representatives = new Map<string, object>();
  /** The object that was asked for last, and its text: what is not found is mostly added next. */
  #asked: object | undefined;
  #text = "";

  /** The entry of a key, or undefined. */
  find(key: unknown): Entry<V> | undefined {
    return this.#entries.get(isStructured(key) ? this.#representative(key) : key);
  }

  /** Adds an entry for a key that has none. */
  add(key: unknown, value: V): void {
    this.#entries.set(isStructured(key) ? this.#representative(key) : key, { key, value });
  }

  entries(): IterableIterator<Entry<V>> {
    return this.#entries.values();
  }

  /** The entries as pairs. */
  pairs(): [key: unknown, value: V][] {
    return Array.from(this.#entries.values(), ({ key, value }) => [key, value]);
  }

  /** The first object seen with this content: it stands for all of them. */
  #representative(key: object): object {
    if (this.#entries.has(key)) return key;
    if (key !== this.#asked) {
      this.#text = structuralText(key);
      this.#asked = key;
    }
    const known = this.#representatives.get(this.#text);
    if (known !== undefined) return known;
    this.#representatives.set(this.#text, key);
    return key;
  }
}

function isStructured(key: unknown): key is object {
  return typeof key === "object" && key !== null;
}

/** The elements of each key together, keys and elements as they come. */
export function groupPairs(
  lists: readonly (readonly (readonly [key: unknown, value: unknown])[])[],
): StructuralMap<unknown[]> {
  const groups = new StructuralMap<unknown[]>();
  for (const list of lists) {
    for (const [key, value] of list) {
      const entry = groups.find(key);
      if (entry === undefined) groups.add(key, [value]);
      else entry.value.push(value);
    }
  }
  return groups;
}
