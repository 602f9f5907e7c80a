import type { FunctionName, ShippedFunction } from "../messages/shipped.ts";

interface Held {
  readonly shipped: ShippedFunction;
  runCount: number;
}

/**
 * The functions that runs call, as bytes. Those that no run needs are kept for the next one, up to
 * a number of bytes.
 */
export class Functions {
  readonly #held = new Map<FunctionName, Held>();
  /** Those that no run needs, the one idle longest first. */
  readonly #idle = new Set<Held>();
  #idleBytes = 0;
  readonly #idleBytesMax: number;

  constructor(idleBytesMax: number) {
    this.#idleBytesMax = idleBytesMax;
  }

  /** Keeps functions that a client has sent for a run that will `take` them. */
  add(functions: readonly ShippedFunction[]): void {
    for (const shipped of functions) {
      if (this.#held.has(shipped.name)) continue;
      const held = { shipped, runCount: 0 };
      this.#held.set(shipped.name, held);
      this.#idle.add(held);
      this.#idleBytes += shipped.bytes.byteLength;
    }
  }

  /** Those of `names` that are not here. */
  missing(names: Iterable<FunctionName>): FunctionName[] {
    return [...names].filter((name) => !this.#held.has(name));
  }

  get(name: FunctionName): ShippedFunction {
    const held = this.#held.get(name);
    if (held === undefined) throw new Error(`the function ${name} is not here`);
    return held.shipped;
  }

  /** One more run needs these; all must be here. */
  take(names: Iterable<FunctionName>): void {
    for (const name of names) {
      const held = this.#held.get(name) as Held;
      held.runCount++;
      if (this.#idle.delete(held)) this.#idleBytes -= held.shipped.bytes.byteLength;
    }
  }

  /** One run fewer needs these. Gives the names of those that are now forgotten. */
  giveBack(names: Iterable<FunctionName>): FunctionName[] {
    for (const name of names) {
      const held = this.#held.get(name) as Held;
      held.runCount--;
      if (held.runCount > 0) continue;
      this.#idle.add(held);
      this.#idleBytes += held.shipped.bytes.byteLength;
    }
    const forgotten: FunctionName[] = [];
    for (const held of this.#idle) {
      if (this.#idleBytes <= this.#idleBytesMax) break;
      this.#idle.delete(held);
      this.#held.delete(held.shipped.name);
      this.#idleBytes -= held.shipped.bytes.byteLength;
      forgotten.push(held.shipped.name);
    }
    return forgotten;
  }
}
