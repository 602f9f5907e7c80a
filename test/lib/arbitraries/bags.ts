import { isDeepStrictEqual } from "node:util";

import { Bag } from "@millrace/bag";
import type { Collection, ExecutorName } from "@millrace/graph";
import { Delayed, compute } from "@millrace/graph";
import fc from "fast-check";

/** A bag, and the partitions that it was made of. */
export type Drawn<T> = {
  readonly bag: Bag<T>;
  readonly parts: readonly (readonly T[])[];
  readonly flat: readonly T[];
};

/** Most partitions and most elements of one: enough for a reduction of two levels. */
const partsMax = 12;
const lengthMax = 8;

/** Bags of any partition lengths, empty ones included, built in each of the ways there are. */
export function bags<T>(element: fc.Arbitrary<T>, least = 1): fc.Arbitrary<Drawn<T>> {
  const part = fc.array(element, { maxLength: lengthMax, size: "max" });
  const parts = fc.array(part, { minLength: least, maxLength: partsMax, size: "max" });
  return fc.tuple(parts, fc.constantFrom(...ways)).map(([drawn, way]) => drawnAs(drawn, way));
}

type Way = (parts: readonly (readonly unknown[])[]) => Bag<unknown>;

const ways: readonly Way[] = [
  (parts) => Bag.fromDelayed(parts.map((part) => Delayed.value([...part]) as Delayed<unknown[]>)),
  (parts) => Bag.concat(parts.map((part) => Bag.from(part, { npartitions: 1 }))),
  (parts) => Bag.from(parts, { npartitions: parts.length }).flatten(),
];

/** A bag with these partitions. */
export function bagOf<T>(parts: readonly (readonly T[])[]): Bag<T> {
  return drawnAs(parts, ways[1] as Way).bag;
}

function drawnAs<T>(parts: readonly (readonly T[])[], way: Way): Drawn<T> {
  return { bag: way(parts) as Bag<T>, parts, flat: parts.flat() };
}

/** Numbers, the odd ones often. */
export const oddNumbers: fc.Arbitrary<number> = fc.oneof(
  fc.constantFrom(0, -0, NaN, Infinity, -Infinity, 1, -1, 2 ** 53),
  fc.integer({ min: -20, max: 20 }),
  fc.double(),
);

const leaves: fc.Arbitrary<unknown> = fc.oneof(
  oddNumbers,
  fc.string({ maxLength: 3 }),
  fc.bigInt({ min: -5n, max: 5n }),
  fc.constantFrom(null, undefined, true, false, "", "1", "null"),
);

/** Values of every kind that a bag may hold; small enough that equal ones are frequent. */
export const anyValues: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 3, arbitrary: leaves },
  { weight: 1, arbitrary: fc.array(leaves, { maxLength: 2 }) },
  {
    weight: 1,
    arbitrary: fc.dictionary(fc.constantFrom("a", "b"), leaves, { noNullPrototype: true }),
  },
);

/** Groups by plain comparison: SameValueZero for values, structure for objects. */
export function groupsOf<T>(
  items: readonly T[],
  keyOf: (item: T) => unknown,
): { readonly key: unknown; readonly items: T[] }[] {
  const groups: { readonly key: unknown; readonly items: T[] }[] = [];
  for (const item of items) {
    const key = keyOf(item);
    const known = groups.find((group) => sameKey(group.key, key));
    if (known === undefined) groups.push({ key, items: [item] });
    else known.items.push(item);
  }
  return groups;
}

/** Whether two keys are one key. */
export function sameKey(a: unknown, b: unknown): boolean {
  return isDeepStrictEqual(withoutMinusZero(a), withoutMinusZero(b));
}

function withoutMinusZero(value: unknown): unknown {
  if (Object.is(value, -0)) return 0;
  if (Array.isArray(value)) return value.map(withoutMinusZero);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, withoutMinusZero(v)]));
}

/** `parts + 1` boundaries of the documented rule: number i is `floor(i · length / parts)`. */
export function boundaries(length: number, parts: number): number[] {
  return Array.from({ length: parts + 1 }, (_, i) =>
    Number((BigInt(i) * BigInt(length)) / BigInt(parts)),
  );
}

/** The elements of each partition of a bag. */
export async function partitionsOf<T>(bag: Bag<T>, executor: ExecutorName): Promise<T[][]> {
  return compute(partitions(bag), { executor });
}

/** A bag as a collection whose value is the array of its partitions. */
export function partitions<T>({ graph, outputKeys }: Bag<T>): Collection<T[][]> {
  return { graph, outputKeys, finalize: (parts) => parts as T[][] };
}
