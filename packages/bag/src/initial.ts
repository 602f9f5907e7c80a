import { alike } from "./alike.ts";
import { copyData } from "./copy-data.ts";
import { invalidArgument, notIdentity } from "./errors.ts";
import { asSnapshot } from "./layer-name.ts";
import type { Initial } from "./stage/ops.ts";

type Combine = (a: unknown, b: unknown) => unknown;

/**
 * The initial value of a fold, if the option was given; `undefined` itself may be one. Each start
 * gets a copy, since a callback may change its accumulator: so it must be something that can be
 * copied.
 */
export function initialOf(api: string, options: { readonly initial?: unknown }): Initial {
  if (!("initial" in options)) return undefined;
  const kept: unknown[] = [];
  const value = copyData(options.initial, (part) => kept.push(part));
  if (kept.length === 0) return asSnapshot({ value });
  const remedy = "Start from data; make other things inside the callback.";
  const what = "the initial value cannot be copied";
  throw invalidArgument(api, what, kept[0], "data that hides no state", remedy);
}

/**
 * Checks that a part stays what it is when the initial value is combined with it, but for rounding:
 * otherwise the answer would depend on the number of partitions.
 *
 * @throws BagError `bag/not-identity`
 */
export async function checkIdentity(
  api: string,
  initial: unknown,
  part: unknown,
  combine: Combine,
): Promise<void> {
  const combined = await combine(copyData(initial), copyData(part));
  if (!alike(combined, part)) throw notIdentity(api, initial);
}
