import { quoteValue } from "@millrace/graph";
import { invalidArgument } from "../errors.ts";
import { optionRefusal } from "../option-refusal.ts";

/**
 * Checks what an executor is called with; whether the graph has the keys is found when it is sent.
 *
 * @throws DistributedError `distributed/invalid-argument`
 */
export function checkRun(graph: unknown, keys: unknown, options: unknown): void {
  const api = "Client.run";
  const { materialize } = (graph ?? {}) as { readonly materialize?: unknown };
  if (typeof materialize !== "function") {
    throw invalidArgument(
      api,
      "this is no function and no graph",
      quoteValue(graph),
      "a function, a TaskGraph or a LayeredGraph",
      "Call compute of a collection.",
    );
  }
  if (!Array.isArray(keys) || keys.some((key) => typeof key !== "string")) {
    throw invalidArgument(
      api,
      "the keys must be a list of texts",
      quoteValue(keys),
      "an array of keys of the graph",
      "Put a single one into an array.",
    );
  }
  if (typeof options === "object" && options !== null) return;
  throw optionRefusal(api, "the options must be an object", options, "an object");
}
