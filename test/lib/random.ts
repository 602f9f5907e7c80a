/** Pseudo-random numbers from a seed: the same ones on every machine. */
export class Random {
  #state: number;

  /** Streams with different names are independent: using one more of one does not move another. */
  constructor(seed: number, ...names: readonly (string | number)[]) {
    let state = seed | 0;
    for (const name of names) {
      const text = String(name);
      for (let n = 0; n < text.length; n++) state = mix(state ^ text.charCodeAt(n));
      state = mix(state + 0x9e37);
    }
    this.#state = state;
  }

  /** From 0 up to, without, 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    return (mix(this.#state) >>> 0) / 2 ** 32;
  }

  /** A whole number from 0 up to, without, `count`. */
  below(count: number): number {
    return Math.floor(this.next() * count);
  }

  /** A whole number from `least` to `most`. */
  between(least: number, most: number): number {
    return least + this.below(most - least + 1);
  }

  /** True with a probability. */
  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** One of the items; there must be one. */
  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T;
  }

  /** Exponentially distributed, with this mean. */
  exponential(mean: number): number {
    return -mean * Math.log(1 - this.next());
  }
}

function mix(value: number): number {
  let t = Math.imul(value ^ (value >>> 15), value | 1);
  t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
  return t ^ (t >>> 14);
}
