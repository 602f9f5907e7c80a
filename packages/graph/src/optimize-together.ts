import type { Collection } from "./collection.ts";
import { invalidArgument } from "./errors.ts";

/** The same collections, in order; those that can have made their graphs for each other. */
export function optimizedTogether(
  api: string,
  collections: readonly Collection<unknown>[],
): readonly Collection<unknown>[] {
  const groups = new Map<unknown, number[]>();
  collections.forEach((collection, i) => {
    const method: unknown = Reflect.get(collection, "optimizeTogether");
    if (typeof method !== "function") return;
    groups.set(method, [...(groups.get(method) ?? []), i]);
  });
  const result = [...collections];
  for (const places of groups.values()) {
    if (places.length < 2) continue;
    const group = places.map((place) => collections[place] as Collection<unknown>);
    const made: unknown = group[0]?.optimizeTogether?.(group);
    if (!Array.isArray(made) || made.length !== group.length) {
      const wanted = `an array of ${group.length}`;
      throw invalidArgument(api, "optimizeTogether gave other collections", made, wanted);
    }
    places.forEach((place, i) => (result[place] = (made as Collection<unknown>[])[i]!));
  }
  return result;
}
