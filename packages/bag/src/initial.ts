import { tokenizeLoosely } from "@millrace/graph";
import { invalidArgument, notIdentity } from "./errors.ts";
import { asSnapshot } from "./layer-name.ts";
import type { Initial } from "./stage/ops.ts";

type Combine = (a: unknown, b: unknown) => unknown;

/** The initial value, if the option was given; `undefined` itself may be one. */
export function initialOf(api: string, options: { readonly initial?: unknown }): Initial {
  if (!("initial" in options)) return undefined;
  const { initial } = options;
  try {
    return asSnapshot({ value: cloneInitial(initial) });
  } catch (cause) {
    const remedy = "Start from plain data; make other things inside the callback.";
    const what = "the initial value cannot be copied";
    throw Object.assign(invalidArgument(api, what, initial, "plain data", remedy), { cause });
  }
}

/**
 * A copy of an initial value: a callback may change its accumulator, and each start is a fresh
 * one.
 */
export function cloneInitial(value: unknown): unknown {
  return typeof value === "object" && value !== null ? structuredClone(value) : value;
}

/**
 * A part combined with the initial value, which must be the part again: otherwise the answer
 * would depend on the number of partitions.
 *
 * @throws BagError `bag/not-identity`
 */
export async function combineInitial(
  api: string,
  initial: unknown,
  part: unknown,
  combine: Combine,
): Promise<unknown> {
  // Before, since `combine` may change what it is given.
  const before = tokenizeLoosely(part);
  const combined = await combine(cloneInitial(initial), part);
  if (tokenizeLoosely(combined) !== before) throw notIdentity(api, initial);
  return combined;
}
