import type { TaskFailure } from "../../packages/distributed/src/messages/failure.ts";
import type { SimValue } from "./values.ts";

/** What has become of an output. */
export type Outcome =
  | { readonly kind: "value"; readonly value: SimValue }
  | { readonly kind: "failed"; readonly failure: TaskFailure };

/** The same in a word or two. */
export function textOf(outcome: Outcome | undefined): string {
  if (outcome === undefined) return "none";
  if (outcome.kind === "value") return "value";
  const { kind, key, workers } = outcome.failure;
  return `${kind} at ${key} on ${workers.join()}`;
}
