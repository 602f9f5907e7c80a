import { isTaskFault, quoteValue, registerErrors, taskFault } from "@millrace/graph/tasks";

/** What went wrong, as a stable word. */
export type BagErrorCode =
  | "bag/empty-reduction"
  | "bag/invalid-argument"
  | "bag/not-identity"
  | "bag/not-iterable"
  | "bag/not-json"
  | "bag/not-numeric"
  | "bag/not-text"
  | "bag/unequal-partitions";

/**
 * Something that a Bag cannot do as asked; `code` says what and never changes between versions.
 *
 * @example
 * ```ts
 * import { Bag } from "@millrace/bag";
 * import type { BagError } from "@millrace/bag";
 *
 * let code = "";
 * try {
 *   Bag.from([1, 2, 3], { npartitions: 0 });
 * } catch (error) {
 *   code = (error as BagError).code;
 * }
 * code; // => "bag/invalid-argument"
 * ```
 */
export class BagError extends Error {
  override readonly name = "BagError";
  /** What went wrong, as a stable word. */
  readonly code: BagErrorCode;
  /** Key of the task in which it was found, if it was found in one. */
  declare readonly key?: string;
  /** Number of the partition with the element that it is about, where there is one. */
  declare readonly partition?: number;

  constructor(code: BagErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

registerErrors("bag", { BagError });

/** An argument that the api does not take. */
export function invalidArgument(
  api: string,
  what: string,
  got: unknown,
  wanted: string,
  remedy = "",
): BagError {
  const tail = remedy === "" ? "" : ` ${remedy}`;
  const message = `${api}: ${what}, got ${quoteValue(got)}, wanted ${wanted}.${tail}`;
  return new BagError("bag/invalid-argument", message);
}

/** Something wrong with the data, found while a task runs. */
export function dataFault(code: BagErrorCode, message: string, options?: ErrorOptions): BagError {
  return taskFault(new BagError(code, message, options));
}

/** What ended a task over a partition; what Millrace found itself tells which partition it was. */
export function inPartition(error: unknown, partition: number): unknown {
  return isTaskFault(error) ? Object.assign(error, { partition }) : error;
}

/** A reduction that has no answer for no elements. */
export function emptyReduction(api: string): BagError {
  return dataFault(
    "bag/empty-reduction",
    `${api}: there is nothing to reduce, got an empty bag, wanted one element or more. ` +
      "Check that the bag is not empty, or use fold with an initial value.",
  );
}

/** An initial value that is no identity of the combining function. */
export function notIdentity(api: string, initial: unknown): BagError {
  return dataFault(
    "bag/not-identity",
    `${api}: combining the initial value with a part changes the part, ` +
      `got ${quoteValue(initial)}, wanted an identity, such as 0 for a sum. ` +
      "Add an offset to the result instead.",
  );
}

/** An element where a number belongs. */
export function notNumeric(api: string, got: unknown, wanted: string): BagError {
  return dataFault(
    "bag/not-numeric",
    `${api}: an element is no number, got ${quoteValue(got)}, wanted ${wanted}. ` +
      "Map to numbers first.",
  );
}

/** Numbers and bigints, which have no common sum. */
export function mixedNumeric(api: string): BagError {
  return dataFault(
    "bag/not-numeric",
    `${api}: numbers and bigints are mixed, got both, wanted one kind. Map to one of them first.`,
  );
}

/** An element where a text belongs. */
export function notText(api: string, got: unknown): BagError {
  return dataFault(
    "bag/not-text",
    `${api}: an element is no text, got ${quoteValue(got)}, wanted strings. Map to strings first.`,
  );
}

/** Something that should give elements and cannot. */
export function notIterable(api: string, got: unknown, remedy = ""): BagError {
  const wanted = "an array or another iterable";
  const tail = remedy === "" ? "" : ` ${remedy}`;
  return new BagError(
    "bag/not-iterable",
    `${api}: this cannot be iterated, got ${quoteValue(got)}, wanted ${wanted}.${tail}`,
  );
}
