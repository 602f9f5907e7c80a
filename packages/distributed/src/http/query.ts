import { quoteValue } from "@millrace/graph";

/** A request asks for something that cannot be meant; its message is the answer. */
export class BadRequest extends Error {
  override readonly name = "BadRequest";
}

/** What stands behind the `?` of a request, as the path takes it. */
export class Query {
  readonly #values: ReadonlyMap<string, string>;

  /** Refuses what is not among `names`, or is there twice. */
  constructor(text: string, names: readonly string[]) {
    const values = new Map<string, string>();
    for (const [name, value] of new URLSearchParams(text)) {
      if (!names.includes(name)) {
        const known = names.length === 0 ? "none" : names.join(", ");
        throw new BadRequest(`unknown parameter, got ${quoteValue(name)}, wanted ${known}`);
      }
      if (values.has(name)) throw new BadRequest(`the parameter ${name} is there twice`);
      values.set(name, value);
    }
    this.#values = values;
  }

  text(name: string): string | undefined {
    return this.#values.get(name);
  }

  /** A whole number from 0 on. */
  whole(name: string, most: number = Number.MAX_SAFE_INTEGER): number | undefined {
    const text = this.#values.get(name);
    if (text === undefined) return undefined;
    const value = /^\d{1,16}$/.test(text) ? Number(text) : NaN;
    if (value <= most) return value;
    throw new BadRequest(
      `bad ${name}, got ${quoteValue(text)}, wanted a whole number from 0 to ${most}`,
    );
  }

  /** One of some words. */
  oneOf<T extends string>(name: string, words: readonly T[]): T | undefined {
    const text = this.#values.get(name);
    if (text === undefined) return undefined;
    const word = words.find((each) => each === text);
    if (word !== undefined) return word;
    throw new BadRequest(`bad ${name}, got ${quoteValue(text)}, wanted one of ${words.join(", ")}`);
  }
}
