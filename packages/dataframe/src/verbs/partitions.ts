import type { Key, LayeredGraph } from "@millrace/graph";
import { layerOfKeys } from "@millrace/graph";
import { invalidArgument } from "../errors.ts";
import { addAliases, partitionKeys } from "../lower/partitions.ts";
import { physicalPlan } from "../lower/physical.ts";
import { layoutOf } from "../plan/layout.ts";
import type { Layout, PlanNode } from "../plan/node.ts";
import { blocks } from "../plan/sources.ts";

/**
 * A frame whose partitions are the values of keys of a graph; of a plan it has columns and layout.
 */
export function blocksAt(
  { fields, layout, token }: Pick<PlanNode, "fields" | "layout" | "token">,
  graph: LayeredGraph,
  keys: readonly Key[],
): PlanNode {
  const held = layerOfKeys(keys);
  if (held !== undefined) return blocks(graph, held, fields, layout, "held partitions");
  const aliases = addAliases(graph, "partitions", { token, annotations: undefined }, keys);
  return blocks(aliases.graph, aliases.layer, fields, layout, "held partitions");
}

/** Some partitions by number, negative ones from the end. */
export function partitionsAt(input: PlanNode, given: number | readonly number[]): PlanNode {
  const api = "partitions";
  const { npartitions } = input.layout;
  const list: readonly unknown[] = Array.isArray(given) ? (given as readonly number[]) : [given];
  if (list.length === 0) throw invalidArgument(api, "no partitions", given, "a number or more");
  const numbers = list.map((number) => {
    const at = typeof number === "number" && number < 0 ? number + npartitions : number;
    if (typeof at === "number" && Number.isInteger(at) && at >= 0 && at < npartitions) return at;
    const wanted = `whole numbers from ${-npartitions} to ${npartitions - 1}`;
    throw invalidArgument(api, "no such partition", number, wanted);
  });
  const { partitions } = physicalPlan(input);
  const keys = partitionKeys(partitions);
  const context = { token: `${input.token}-${numbers.join("-")}`, annotations: undefined };
  const picked = addAliases(
    partitions.graph,
    "partitions",
    context,
    numbers.map((number) => keys[number] as Key),
  );
  const layout = pickedLayout(input.layout, numbers);
  return blocks(
    picked.graph,
    picked.layer,
    input.fields,
    layout,
    `partitions ${numbers.join(", ")}`,
  );
}

/** What stays known of some partitions: their order only where they follow each other. */
function pickedLayout(layout: Layout, numbers: readonly number[]): Layout {
  const rows = layout.rows && numbers.map((number) => layout.rows?.[number] as number);
  const [first = 0] = numbers;
  if (!numbers.every((number, i) => number === first + i)) {
    return layoutOf(numbers.length, rows);
  }
  const { index, sortedBy, togetherBy } = layout;
  const divisions = layout.divisions?.slice(first, first + numbers.length + 1);
  return {
    npartitions: numbers.length,
    rows,
    index,
    divisions,
    sortedBy,
    togetherBy,
  };
}
