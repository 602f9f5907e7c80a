// Kept from before any code of a task: whatever that changes, here is what it was.
const { defineProperty, getOwnPropertyDescriptor, getPrototypeOf } = Object;
const { ownKeys } = Reflect;

type Home = Record<PropertyKey, unknown>;

const arrayIterator = getPrototypeOf([][Symbol.iterator]()) as Home;
const classes = [
  Object,
  Function,
  Array,
  String,
  Number,
  Boolean,
  Symbol,
  BigInt,
  Date,
  RegExp,
].concat(
  [Error, Promise, Map, Set, WeakMap, WeakSet, ArrayBuffer, SharedArrayBuffer, DataView] as never,
  [Int8Array, Uint8Array, Int16Array, Uint16Array, Int32Array, Uint32Array] as never,
  [Float32Array, Float64Array, BigInt64Array, BigUint64Array] as never,
);

/** What all code of a thread shares, by name. */
const homes: readonly (readonly [name: string, home: object])[] = [
  ...classes.flatMap((Class): [string, object][] => [
    [Class.name, Class],
    [`${Class.name}.prototype`, Class.prototype as object],
  ]),
  ["TypedArray.prototype", getPrototypeOf(Uint8Array.prototype) as object],
  ["ArrayIterator.prototype", arrayIterator],
  ["JSON", JSON],
  ["Math", Math],
  ["Reflect", Reflect],
  ["Atomics", Atomics],
];

/** Those that are called all the time. */
const array = Array.prototype as unknown as Home;
const map = Map.prototype as unknown as Home;
const promise = Promise.prototype as unknown as Home;
const common = (
  [
    [array, Symbol.iterator],
    [arrayIterator, "next"],
    [array, "filter"],
    [array, "flatMap"],
    [array, "map"],
    [array, "push"],
    [array, "shift"],
    [array, "slice"],
    [array, "some"],
    [map, "get"],
    [map, "set"],
    [map, "delete"],
    [promise, "then"],
  ] as const
).map(([home, key]) => ({ home, key, original: home[key] }));

/** A function as it was. */
interface Builtin {
  readonly name: string;
  readonly home: Home;
  readonly key: PropertyKey;
  readonly descriptor: PropertyDescriptor;
}

/**
 * The functions of the language in a thread, which all of its tasks share, and we with them: one
 * that a task has replaced is put back. What libraries replace while they are loaded stays.
 */
export class Builtins {
  #known: Builtin[] = [];
  /** A library has replaced some that are called all the time. */
  #isCommonReplaced = false;

  constructor() {
    this.#note();
  }

  #note(): void {
    const known: Builtin[] = [];
    for (const [name, object] of homes) {
      const home = object as Home;
      for (const key of ownKeys(home)) {
        const descriptor = getOwnPropertyDescriptor(home, key);
        if (typeof descriptor?.value !== "function") continue;
        known.push({ name: `${name}.${String(key)}`, home, key, descriptor });
      }
    }
    this.#known = known;
    this.#isCommonReplaced = !areCommonIntact();
  }

  /** Code was loaded: from now on all is as it should be. Cost: some 20 microseconds. */
  accept(): void {
    if (this.#firstReplaced(0) >= 0) this.#note();
  }

  /** Whether those that are called all the time are as they were. Cost: a look at each. */
  get areIntact(): boolean {
    return areCommonIntact() || this.#isCommonReplaced;
  }

  /** Puts back what was replaced, and gives its names. Cost: some 20 microseconds. */
  restore(): string[] {
    const names: string[] = [];
    for (let n = this.#firstReplaced(0); n >= 0; n = this.#firstReplaced(n + 1)) {
      const { name, home, key, descriptor } = this.#known[n] as Builtin;
      names[names.length] = name;
      // What cannot be put back is told all the same.
      if (getOwnPropertyDescriptor(home, key)?.configurable !== false) {
        defineProperty(home, key, descriptor);
      }
    }
    return names;
  }

  /** The number of the first that is another one, from one on; -1 where all are the same. */
  #firstReplaced(from: number): number {
    // Without iterators and methods of arrays: they may be what was replaced.
    for (let n = from; n < this.#known.length; n++) {
      const { home, key, descriptor } = this.#known[n] as Builtin;
      if (home[key] !== descriptor.value) return n;
    }
    return -1;
  }
}

function areCommonIntact(): boolean {
  for (let n = 0; n < common.length; n++) {
    const { home, key, original } = common[n] as (typeof common)[number];
    if (home[key] !== original) return false;
  }
  return true;
}
