import { exprText } from "../expr/text.ts";
import type { Scalar } from "../expr/typed.ts";
import type { AggregateNode, PlanNode, ProjectNode, RepartitionTarget, SortKey } from "./node.ts";
import { inputsOf } from "./walk.ts";

/** Lines of a plan that are written, at most: a plan may reach one node by millions of paths. */
const LINES_MAX = 500;

/**
 * A plan as people read it: a line a node, what it reads from below it and further in. A node that
 * several read is written once and then referred to by its number.
 */
export function planText(root: PlanNode): string {
  const numbers = numbersOf(root);
  const written = new Set<PlanNode>();
  const lines: string[] = [];
  const open: (readonly [node: PlanNode, depth: number])[] = [[root, 0]];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [node, depth] = next;
    if (lines.length === LINES_MAX) return [...lines, "…"].join("\n");
    const number = numbers.get(node);
    const mark = number === undefined ? "" : `#${number} `;
    const indent = "  ".repeat(depth);
    if (written.has(node)) {
      lines.push(`${indent}${mark}again`);
      continue;
    }
    written.add(node);
    lines.push(`${indent}${mark}${nodeText(node)}${partitionsText(node)}`);
    for (const input of inputsOf(node).toReversed()) open.push([input, depth + 1]);
  }
  return lines.join("\n");
}

/** Numbers of the nodes that several read, in the order in which they are written. */
function numbersOf(root: PlanNode): ReadonlyMap<PlanNode, number> {
  const numbers = new Map<PlanNode, number>();
  const met = new Set<PlanNode>();
  const open = [root];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (met.has(node)) {
      if (!numbers.has(node)) numbers.set(node, numbers.size + 1);
      continue;
    }
    met.add(node);
    open.push(...inputsOf(node).toReversed());
  }
  return numbers;
}

/** How many partitions come out, where that is news. */
function partitionsText(node: PlanNode): string {
  const { npartitions } = node.layout;
  const [input] = inputsOf(node);
  if (input !== undefined && input.layout.npartitions === npartitions) return "";
  return `  [${npartitions} ${npartitions === 1 ? "partition" : "partitions"}]`;
}

function nodeText(node: PlanNode): string {
  switch (node.kind) {
    case "scan": {
      const { source, predicate, limit } = node;
      const where = predicate === undefined ? "" : ` where ${exprText(predicate)}`;
      const first = limit === undefined ? "" : `, first ${limit} of each partition`;
      return `scan ${source.format} ${source.label}: ${namesText(node)}${where}${first}`;
    }
    case "blocks":
      return `${node.label}: ${namesText(node)}`;
    case "filter":
      return `filter ${exprText(node.predicate)}`;
    case "project":
      return `project ${projectText(node)}`;
    case "aggregate":
      return aggregateText(node);
    case "distinct":
      return `distinct by ${node.columns.join(", ")}`;
    case "sort":
      return `sort by ${orderText(node.by)}${node.scope === "each" ? " in each partition" : ""}`;
    case "topk":
      return `first ${node.count} by ${orderText(node.by)}`;
    case "limit":
      return `${node.from === "start" ? "first" : "last"} ${node.count}`;
    case "concat":
      return `concat ${node.inputs.length}`;
    case "explode":
      return `explode ${node.column}`;
    case "sample":
      return `sample ${node.fraction} seed ${node.seed}`;
    case "map":
      return `map each ${node.gets} with ${node.fn.name === "" ? "a function" : node.fn.name}`;
    case "repartition":
      return `repartition ${targetText(node.target)}`;
    case "shuffle":
      return node.by.kind === "hash"
        ? `shuffle by hash of ${node.by.on.join(", ")}`
        : `shuffle by range of ${node.by.column}: ${divisionsText(node.by.divisions)}`;
    case "annotate":
      return `annotate ${JSON.stringify(node.annotations)}`;
  }
}

function namesText({ fields }: PlanNode): string {
  return fields.length === 0 ? "no columns" : fields.map(({ name }) => name).join(", ");
}

function projectText({ outputs }: ProjectNode): string {
  if (outputs.length === 0) return "no columns";
  const texts = outputs.map(({ name, value }) => {
    const isPlain = value.kind === "column" && value.name === name;
    return isPlain ? name : `${name} = ${exprText(value)}`;
  });
  return texts.join(", ");
}

function aggregateText({ keys, outputs, method }: AggregateNode): string {
  const values = outputs.map(({ name, aggregate: { fn, arg, params } }) => {
    const args = [...(arg === undefined ? [] : [exprText(arg)]), ...params];
    return `${name} = ${fn}(${args.join(", ")})`;
  });
  const by = keys.length === 0 ? "" : ` by ${keys.join(", ")}`;
  const how = method === undefined ? "" : ` (${method})`;
  return `aggregate${by}${how}${values.length === 0 ? "" : `: ${values.join(", ")}`}`;
}

function orderText(by: readonly SortKey[]): string {
  const texts = by.map(({ name, descending, nulls }) => {
    return `${name}${descending ? " descending" : ""}${nulls === "first" ? " nulls first" : ""}`;
  });
  return texts.join(", ");
}

function targetText(target: RepartitionTarget): string {
  switch (target.by) {
    case "npartitions":
      return `into ${target.npartitions}`;
    case "divisions":
      return `at ${divisionsText(target.divisions)}${target.force ? ", forced" : ""}`;
    case "rows":
      return `into rows ${shortText(target.rows.map(String))}`;
    case "pieces":
      return "into measured pieces";
  }
}

function divisionsText(divisions: readonly Scalar[]): string {
  return shortText(
    divisions.map((bound) => (typeof bound === "string" ? JSON.stringify(bound) : String(bound))),
  );
}

/** A list whose middle is left out where it is long. */
function shortText(texts: readonly string[]): string {
  if (texts.length <= 8) return texts.join(", ");
  return [...texts.slice(0, 4), "…", ...texts.slice(-2)].join(", ");
}
