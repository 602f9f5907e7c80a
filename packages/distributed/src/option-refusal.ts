import { quoteValue } from "@millrace/graph";
import type { DistributedError } from "./errors.ts";
import { invalidArgument } from "./errors.ts";

/** The error for an option that is not what it should be, as the checks of graph ask for it. */
export function optionRefusal(
  api: string,
  what: string,
  got: unknown,
  wanted: string,
): DistributedError {
  return invalidArgument(api, what, quoteValue(got), wanted, "Correct the option.");
}
