import { invalidArgument } from "./errors.ts";

/**
 * Makes the error for an argument that an api does not take, in the words of all packages: `<api>:
 * <what>, got <got>, wanted <wanted>.` Each package has one, since its errors have its codes.
 *
 * @example
 * ```ts
 * import { checkCount } from "@millrace/graph";
 * import type { Refusal } from "@millrace/graph";
 *
 * const refusal: Refusal = (api, what, got) => new RangeError(`${api}: ${what}, got ${got}`);
 * checkCount("repeat", "times", -1, 0, refusal); // throws RangeError
 * ```
 */
export type Refusal = (api: string, what: string, got: unknown, wanted: string) => Error;

/**
 * Refuses options that do not exist: one that is misspelt would say nothing.
 *
 * @param names - of the options that there are
 * @param refusal - makes the error; default a GraphError `graph/invalid-argument`
 * @example
 * ```ts
 * import { checkOptions } from "@millrace/graph";
 *
 * checkOptions("repeat", { times: 3 }, ["times", "delay"]);
 * checkOptions("repeat", { time: 3 }, ["times", "delay"]); // throws graph/invalid-argument
 * ```
 */
export function checkOptions(
  api: string,
  options: unknown,
  names: readonly string[],
  refusal: Refusal = invalidArgument,
): void {
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    throw refusal(api, "the options must be an object", options, "an object");
  }
  for (const name of Object.keys(options)) {
    if (names.includes(name)) continue;
    const wanted = names.length === 0 ? "no options" : `one of ${names.join(", ")}`;
    throw refusal(api, "no such option", name, wanted);
  }
}

/**
 * The same count, a whole number of `least` or more; anything else is refused.
 *
 * @param name - of the argument or option
 * @param refusal - makes the error; default a GraphError `graph/invalid-argument`
 * @example
 * ```ts
 * import { checkCount } from "@millrace/graph";
 *
 * checkCount("repeat", "times", 3, 1); // => 3
 * checkCount("repeat", "times", 1.5, 1); // throws graph/invalid-argument
 * ```
 */
export function checkCount(
  api: string,
  name: string,
  value: unknown,
  least: number,
  refusal: Refusal = invalidArgument,
): number {
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= least) return value;
  throw refusal(api, `bad ${name}`, value, `a whole number of ${least} or more`);
}
