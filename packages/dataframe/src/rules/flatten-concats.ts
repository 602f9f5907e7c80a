import { concat } from "../plan/partitions.ts";
import type { Rule } from "./rule.ts";

/** See `why`. */
export const flattenConcats: Rule = {
  name: "flatten-concats",
  why: "Frames one after the other are the same in one list as in lists of lists.",
  scope: "node",
  apply(node) {
    if (node.kind !== "concat") return undefined;
    const [only] = node.inputs;
    if (node.inputs.length === 1) return only;
    const flat = node.inputs.flatMap((input) => (input.kind === "concat" ? input.inputs : input));
    return flat.length === node.inputs.length ? undefined : concat(flat);
  },
};
