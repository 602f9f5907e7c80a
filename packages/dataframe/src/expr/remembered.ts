import type { Typed } from "./typed.ts";

/** A function of expressions that works each of them out once, while anyone has it. */
export function remembered<T extends NonNullable<unknown>>(
  work: (node: Typed) => T,
): (node: Typed) => T {
  const results = new WeakMap<Typed, T>();
  return (node) => {
    const known = results.get(node);
    if (known !== undefined) return known;
    const result = work(node);
    results.set(node, result);
    return result;
  };
}
