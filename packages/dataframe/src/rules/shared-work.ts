import { isExpensive } from "../expr/expense.ts";
import type { ColumnsRead } from "../plan/columns-read.ts";
import { namesOf, readBy } from "../plan/columns-read.ts";
import type { PlanNode } from "../plan/node.ts";
import { inputsOf, nodesOfPlan } from "../plan/walk.ts";

/** What several parts of one plan read, and all below it. */
export function sharedWithin(root: PlanNode): ReadonlySet<PlanNode> {
  const shared = new Set<PlanNode>();
  const read = new Set<PlanNode>();
  for (const node of [...nodesOfPlan(root)].reverse()) {
    for (const input of inputsOf(node)) {
      if (read.has(input) || shared.has(node)) shared.add(input);
      read.add(input);
    }
  }
  return shared;
}

/** Who reads a node, in all plans that run together. */
interface Readers {
  /** How many; more than two are two. */
  count: number;
  /** Columns that are read of all of its rows; undefined when nothing reads all of its rows. */
  whole: Set<string> | undefined;
}

/**
 * What several plans that run together do once, though each could do it in a cheaper way by itself:
 *
 * - if one of those who read it needs all of its rows, so that it has to be done anyway. Where each
 *   takes some rows alone, by a filter or as the first ones, each does less by itself.
 * - if those who take some rows alone add at most half as many columns for it to carry.
 *
 * Files are left to `share-scans.ts`. A projection that costs little is nothing that is done once:
 * those who read it count for what is below it.
 */
export function sharedAcross(
  roots: readonly PlanNode[],
  columnsRead: ColumnsRead,
): ReadonlySet<PlanNode> {
  const all = new Map<PlanNode, Readers>();
  const readersOf = (node: PlanNode): Readers => {
    const readers = all.get(node) ?? { count: 0, whole: undefined };
    all.set(node, readers);
    return readers;
  };
  for (const root of roots) add(readersOf(root), 1, namesOf(root));
  const shared = new Set<PlanNode>();
  for (const node of [...nodesOfPlan(...roots)].reverse()) {
    if (node.kind === "scan") continue;
    const { count, whole } = readersOf(node);
    const isPassed = isCheapProjection(node);
    const isCarried =
      whole !== undefined && columnsRead(node).size <= 1.5 * Math.max(1, whole.size);
    if (count > 1 && isCarried && !isPassed) shared.add(node);
    for (const input of inputsOf(node)) {
      if (isPassed) add(readersOf(input), count, whole && readBy(node, whole));
      else add(readersOf(input), 1, takesSome(node) ? undefined : readBy(node, columnsRead(node)));
    }
  }
  return shared;
}

function add(readers: Readers, count: number, whole: Iterable<string> | undefined): void {
  readers.count = Math.min(2, readers.count + count);
  if (whole === undefined) return;
  readers.whole ??= new Set();
  for (const name of whole) readers.whole.add(name);
}

/** Whether a node takes some of the rows of its input in a way that can be done below it. */
function takesSome(node: PlanNode): boolean {
  return node.kind === "filter" || (node.kind === "limit" && node.from === "start");
}

function isCheapProjection(node: PlanNode): boolean {
  return node.kind === "project" && !node.outputs.some(({ value }) => isExpensive(value));
}
