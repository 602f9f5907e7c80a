import { tokenize } from "@millrace/graph/tokens";
import { isExpensive } from "../expr/expense.ts";
import type { PlanNode } from "../plan/node.ts";
import { inputsOf, nodesOfPlan } from "../plan/walk.ts";
import type { Partitions } from "./partitions.ts";
import { isStage } from "./stage-of.ts";

/** Lowers a node, once. */
export interface Lower {
  (node: PlanNode): Partitions;
  /** Whether a task of its own holds what a scan, a filter or a projection gives. */
  readonly isHeld: (node: PlanNode) => boolean;
}

/**
 * The scans, filters and projections that several parts of some plans read and of which the rows
 * are held for them, in a task of its own. All others are done in the task of what reads them.
 *
 * A scan is held when several read it. A filter or a projection is held when reading again below it
 * or an expensive expression would be done more than once; over rows that a task holds already it
 * is cheaper to do it again than to hold its rows as well.
 */
export function heldNodes(roots: readonly PlanNode[]): ReadonlySet<PlanNode> {
  const readers = countReaders(roots);
  const isShared = (node: PlanNode): boolean => (readers.get(node) ?? 0) > 1;
  const held = new Set<PlanNode>();
  for (const node of readers.keys()) {
    if (isShared(node) && (node.kind === "scan" || costsMuch(node, isShared))) held.add(node);
  }
  return held;
}

/** How often the tasks of others read a node; an annotation does the work below it itself. */
function countReaders(roots: readonly PlanNode[]): ReadonlyMap<PlanNode, number> {
  const readers = new Map<PlanNode, number>();
  const read = (node: PlanNode): void => void readers.set(node, (readers.get(node) ?? 0) + 1);
  new Set(roots).forEach(read);
  for (const node of [...nodesOfPlan(...roots)].reverse()) {
    if (!readers.has(node)) continue;
    const isAdvised = node.kind === "annotate" && node.input.kind !== "annotate";
    inputsOf(isAdvised ? node.input : node).forEach(read);
  }
  return readers;
}

function costsMuch(top: PlanNode, isShared: (node: PlanNode) => boolean): boolean {
  let node = top;
  while (isStage(node) && (node === top || !isShared(node))) {
    const values =
      node.kind === "filter" ? [node.predicate] : node.outputs.map(({ value }) => value);
    if (values.some(isExpensive)) return true;
    node = node.input;
  }
  return node.kind === "scan" && !isShared(node);
}

/**
 * The token that names the layers of a node: its own, unless something below it is held, since the
 * same node may be lowered to other tasks in another set of plans.
 */
export function layerTokens(
  roots: readonly PlanNode[],
  held: ReadonlySet<PlanNode>,
): (node: PlanNode) => string {
  if (held.size === 0) return ({ token }) => token;
  const tokens = new Map<PlanNode, string>();
  for (const node of nodesOfPlan(...roots)) {
    const inputs = inputsOf(node);
    const isChanged = inputs.some((one) => held.has(one) || tokens.get(one) !== one.token);
    const over = inputs.map((one) => [tokens.get(one), held.has(one)]);
    tokens.set(node, isChanged ? tokenize([node.token, over]) : node.token);
  }
  return (node) => tokens.get(node) ?? node.token;
}
