import type { Refusal } from "./check-options.ts";
import { checkOptions } from "./check-options.ts";
import { invalidArgument } from "./errors.ts";
import type { RunOptions } from "./executor.ts";
import { runOptionNames } from "./run.ts";

/**
 * The options of a verb that runs, apart: its own, and those of the run. Others are refused.
 *
 * @param own - names of the verb's own options
 * @param refusal - makes the error; default a GraphError `graph/invalid-argument`
 * @example
 * ```ts
 * import { splitOptions } from "@millrace/graph";
 * import type { RunOptions } from "@millrace/graph";
 *
 * const options: RunOptions & { readonly times?: number } = { times: 3, retries: 1 };
 * splitOptions("repeat", options, ["times"]); // => { own: { times: 3 }, run: { retries: 1 } }
 * ```
 */
export function splitOptions<O extends RunOptions, K extends keyof O & string>(
  api: string,
  options: O,
  own: readonly K[],
  refusal: Refusal = invalidArgument,
): { own: Pick<O, K>; run: RunOptions } {
  checkOptions(api, options, [...own, ...runOptionNames], refusal);
  const entries = Object.entries(options);
  const isOwn = ([name]: readonly [string, unknown]): boolean => own.some((one) => one === name);
  return {
    own: Object.fromEntries(entries.filter(isOwn)) as Pick<O, K>,
    run: Object.fromEntries(entries.filter((entry) => !isOwn(entry))),
  };
}
