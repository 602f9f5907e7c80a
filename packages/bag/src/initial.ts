import { tokenizeLoosely } from "@millrace/graph";
import { notIdentity } from "./errors.ts";

/** A copy of an initial value: a callback may change its accumulator, and each partition starts afresh. */
export function cloneInitial(value: unknown): unknown {
  return typeof value === "object" && value !== null ? structuredClone(value) : value;
}

/**
 * Refuses an initial value that changes what it is combined with: the answer would depend on the number of
 * partitions.
 *
 * @throws BagError `bag/not-identity`
 */
export async function checkIdentity(
  api: string,
  initial: unknown,
  part: unknown,
  combine: (a: unknown, b: unknown) => unknown,
): Promise<void> {
  const before = tokenizeLoosely(part);
  const after = tokenizeLoosely(await combine(cloneInitial(initial), cloneInitial(part)));
  if (before !== after) throw notIdentity(api, initial);
}
