import { tokenize, tokenizeLoosely } from "@millrace/graph/tokens";

const known = new WeakMap<object, string | undefined>();

/**
 * A token of the class of an instance whose own properties are all of its state. Undefined where
 * the class may hide some: private members, state inside of native objects, a WeakMap.
 */
export function openClassToken(instance: object): string | undefined {
  const prototype = Object.getPrototypeOf(instance) as object | null;
  if (prototype === null) return undefined;
  if (!known.has(prototype)) known.set(prototype, tokenOf(prototype));
  return known.get(prototype);
}

function tokenOf(prototype: object): string | undefined {
  let at: object | null = prototype;
  while (at !== null && at !== Object.prototype) {
    const made: unknown = Object.getOwnPropertyDescriptor(at, "constructor")?.value;
    if (typeof made !== "function" || made.prototype !== at) return undefined;
    // A `#` that is no private name is rare, and then the slower way is taken.
    if (/#|\[native code\]/.test(Function.prototype.toString.call(made))) return undefined;
    at = Object.getPrototypeOf(at) as object | null;
  }
  const { constructor } = prototype;
  try {
    return tokenize(constructor);
  } catch (error) {
    // Compilers keep private members in a WeakMap beside the class.
    if ((error as { code?: unknown }).code === "closure/weak-map") return undefined;
    return tokenizeLoosely(constructor);
  }
}
