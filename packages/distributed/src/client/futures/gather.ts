import { checkOptions } from "@millrace/graph";
import { optionRefusal } from "../../option-refusal.ts";
import { futuresOf } from "./check-futures.ts";
import type { Future } from "./future.ts";
import type { RunClient } from "../run-client.ts";
import { ByteBudget, budgetOf } from "../byte-budget.ts";
import type { ResultOptions } from "../byte-budget.ts";

/** How to gather. */
export interface GatherOptions extends ResultOptions {
  /** `throw`, the default: the first error rejects. `skip`: who has failed is left out. */
  readonly errors?: "throw" | "skip" | undefined;
}

/** See `Client.gather`. */
export async function gather<T>(
  client: RunClient,
  futures: Iterable<Future<T>>,
  options: GatherOptions,
): Promise<T[]> {
  checkOptions("Client.gather", options, ["errors", "bytesMax"], optionRefusal);
  const { errors = "throw" } = options;
  if (errors !== "throw" && errors !== "skip") {
    throw optionRefusal("Client.gather", "bad errors", errors, "throw or skip");
  }
  const budget = budgetOf("Client.gather", options, client.bytesMax);
  const all = futuresOf("Client.gather", futures);
  const known = all.map((future) => future.run.client.bytesOf(future.run.held, future.output));
  // Before anything is fetched.
  budget.take(known.reduce<number>((sum, bytes = 0) => sum + bytes, 0));
  const results = all.map((future, n) =>
    bring(future, known[n] === undefined ? budget : ByteBudget.none),
  );
  if (errors === "throw") return Promise.all(results);
  const settled = await Promise.allSettled(results);
  if (budget.refusal !== undefined) throw budget.refusal;
  return settled.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
}

async function bring<T>(future: Future<T>, budget: ByteBudget): Promise<T> {
  await future.settled();
  const { client, held } = future.run;
  return client.fetch(held, future.output, budget) as Promise<T>;
}
