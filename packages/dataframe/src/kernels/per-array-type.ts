import type { Values } from "../column.ts";

/**
 * A loop, once for each kind of array: V8 compiles what a loop has seen, and one that has seen many
 * kinds is several times as slow for all of them. The loop may use its arguments alone, since its
 * text is what is compiled; what it is written for is one of the kinds.
 */
export function perArrayType<F extends (...args: never[]) => unknown>(
  loop: F,
): (values: Values) => F {
  const copies = new Map<string, F>();
  return (values) => {
    const kind = values[Symbol.toStringTag];
    let copy = copies.get(kind);
    if (copy === undefined) {
      // Functions of one text share what V8 learns of them; the comment makes the texts differ.
      // oxlint-disable-next-line typescript/no-implied-eval -- the text of a function of our own
      copy = new Function(`return ${loop.toString()}; // ${kind}`)() as F;
      copies.set(kind, copy);
    }
    return copy;
  };
}
