import { invalidArgument } from "../errors.ts";
import type { MapNode, PlanNode } from "../plan/node.ts";
import { map } from "../plan/rows.ts";
import { checkOptions } from "./check.ts";
import { schemaFields } from "./from.ts";

/** Every partition or row through a function of the user. */
export function mapBlocks(
  input: PlanNode,
  gets: Exclude<MapNode["gets"], "block">,
  fn: unknown,
  options: { readonly schema: unknown },
): PlanNode {
  const api = gets === "table" ? "mapPartitions" : "mapRows";
  if (typeof fn !== "function") {
    throw invalidArgument(api, "the callback must be a function", fn, "a function");
  }
  checkOptions(api, options, ["schema"]);
  const fields = schemaFields(api, options.schema);
  if (fields === undefined) {
    const remedy = "Say what columns come out: { schema: { … } }.";
    throw invalidArgument(api, "no schema", undefined, "dtypes by column", remedy);
  }
  return map(input, { gets, fn: fn as MapNode["fn"], fields }, api);
}
