import type { Collection, Lazy } from "@millrace/graph";

/**
 * What a callback may give: a value or a promise of it.
 *
 * @example
 * ```ts
 * import type { MaybePromise } from "@millrace/bag";
 *
 * const values: MaybePromise<number>[] = [1, Promise.resolve(2)];
 * await Promise.all(values); // => [1, 2]
 * ```
 */
export type MaybePromise<T> = T | PromiseLike<T>;

/**
 * A function of an element, or the name of one of its properties.
 *
 * @example
 * ```ts
 * import { Bag } from "@millrace/bag";
 * import type { KeyFunction } from "@millrace/bag";
 *
 * const byLength: KeyFunction<string> = "length";
 * await Bag.from(["to", "be", "not"]).distinct(byLength).compute(); // => ["to", "not"]
 * ```
 */
export type KeyFunction<T, K = unknown> = ((item: T) => MaybePromise<K>) | (keyof T & PropertyKey);

/**
 * The type of the keys that a key function or a property name gives.
 *
 * @example
 * ```ts
 * import type { KeyType } from "@millrace/bag";
 *
 * const key: KeyType<{ word: string }, "word"> = "to";
 * key.length; // => 2
 * ```
 */
export type KeyType<T, F> = F extends (item: T) => infer R
  ? Awaited<R>
  : F extends keyof T
    ? T[F]
    : unknown;

/**
 * Values that callbacks get after the element: as they are, or as something lazy that becomes
 * them.
 */
export type Broadcast<B extends readonly unknown[]> = {
  [I in keyof B]: Lazy<B[I]> | Collection<B[I]>;
};

/** All names that some member of a union has. */
export type NameOf<T> = T extends unknown ? keyof T : never;

/** What plucking a name gives, `D` where there is none. */
export type Plucked<T, K, D> = T extends unknown
  ? K extends keyof T
    ? undefined extends T[K]
      ? Exclude<T[K], undefined> | D
      : T[K]
    : D
  : never;

/** What plucking several names gives: of names that all elements have, or with a default. */
export type PluckedAll<T, Ks extends readonly PropertyKey[], D = never> = {
  -readonly [I in keyof Ks]: [D] extends [never] ? T[Ks[I] & keyof T] : Plucked<T, Ks[I], D>;
};

/** What can be gone through, now or asynchronously. */
export type Items<U> = Iterable<U> | AsyncIterable<U>;

/** The elements of it. */
export type ItemOf<P> = P extends Items<infer U> ? U : never;

/** The elements of several bags. */
export type Elements<Bags extends readonly Collection<unknown[]>[]> = {
  -readonly [I in keyof Bags]: Bags[I] extends Collection<(infer U)[]> ? U : never;
};

/** A function whose arguments are an array. */
export type StarFunction<T, R> = [T] extends [readonly unknown[]] ? (...args: T) => R : never;
