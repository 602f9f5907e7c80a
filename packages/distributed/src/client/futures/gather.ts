import { checkOptions } from "@millrace/graph";
import { optionRefusal } from "../../option-refusal.ts";
import { futuresOf } from "./check-futures.ts";
import type { Future } from "./future.ts";

/** How to gather. */
export interface GatherOptions {
  /** `throw`, the default: the first error rejects. `skip`: who has failed is left out. */
  readonly errors?: "throw" | "skip" | undefined;
}

/** See `Client.gather`. */
export async function gather<T>(
  futures: Iterable<Future<T>>,
  options: GatherOptions,
): Promise<T[]> {
  checkOptions("Client.gather", options, ["errors"], optionRefusal);
  const { errors = "throw" } = options;
  if (errors !== "throw" && errors !== "skip") {
    throw optionRefusal("Client.gather", "bad errors", errors, "throw or skip");
  }
  const results = futuresOf("Client.gather", futures).map((future) => future.result());
  if (errors === "throw") return Promise.all(results);
  const settled = await Promise.allSettled(results);
  return settled.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
}
