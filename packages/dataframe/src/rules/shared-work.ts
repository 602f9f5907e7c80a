import { isExpensive } from "../expr/expense.ts";
import type { ColumnsRead } from "../plan/columns-read.ts";
import { namesOf, readBy } from "../plan/columns-read.ts";
import type { PlanNode } from "../plan/node.ts";
import { inputsOf, nodesOfPlan } from "../plan/walk.ts";
import { cutsAnew, isFiner } from "./drop-recut-rows.ts";

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
 * Files are left to `share-scans.ts`. Two kinds of nodes are nothing that is done once, and those
 * who read them count for what is below: a projection that costs little, and a repartition for who
 * cuts the rows anew, since without others `drop-recut-rows.ts` would leave it out.
 */
export function sharedAcross(
  roots: readonly PlanNode[],
  columnsRead: ColumnsRead,
): ReadonlySet<PlanNode> {
  const asCut = new ReadersOfNodes();
  const recutting = new ReadersOfNodes();
  for (const root of roots) asCut.add(root, 1, namesOf(root));
  const shared = new Set<PlanNode>();
  for (const node of [...nodesOfPlan(...roots)].reverse()) {
    if (node.kind === "scan") continue;
    const isSkipped = node.kind === "repartition" && !isFiner(node);
    const readers = isSkipped ? asCut.of(node) : union(asCut.of(node), recutting.of(node));
    const isPassed = isCheapProjection(node);
    if (readers.count > 1 && !isPassed && isCarried(readers, columnsRead(node))) shared.add(node);
    for (const input of inputsOf(node)) {
      if (isPassed || isSkipped) recutting.pass(input, node, recutting.of(node));
      if (isPassed) asCut.pass(input, node, asCut.of(node));
      else if (readers.count > 0) {
        const whole = takesSome(node) ? undefined : readBy(node, columnsRead(node));
        (cutsAnew(node) ? recutting : asCut).add(input, 1, whole);
      }
    }
  }
  return shared;
}

/** Readers by node. */
class ReadersOfNodes {
  readonly #all = new Map<PlanNode, Readers>();

  of(node: PlanNode): Readers {
    const readers = this.#all.get(node) ?? { count: 0, whole: undefined };
    this.#all.set(node, readers);
    return readers;
  }

  add(node: PlanNode, count: number, whole: Iterable<string> | undefined): void {
    const readers = this.of(node);
    readers.count = Math.min(2, readers.count + count);
    if (whole === undefined) return;
    readers.whole ??= new Set();
    for (const name of whole) readers.whole.add(name);
  }

  /** Those who read an input through a node. */
  pass(input: PlanNode, node: PlanNode, { count, whole }: Readers): void {
    this.add(input, count, whole && readBy(node, whole));
  }
}

function union(a: Readers, b: Readers): Readers {
  const isWhole = a.whole !== undefined || b.whole !== undefined;
  const whole = isWhole ? new Set([...(a.whole ?? []), ...(b.whole ?? [])]) : undefined;
  return { count: Math.min(2, a.count + b.count), whole };
}

function isCarried({ whole }: Readers, read: ReadonlySet<string>): boolean {
  return whole !== undefined && read.size <= 1.5 * Math.max(1, whole.size);
}

/** Whether a node takes some of the rows of its input in a way that can be done below it. */
function takesSome(node: PlanNode): boolean {
  return node.kind === "filter" || node.kind === "limit";
}

function isCheapProjection(node: PlanNode): boolean {
  return node.kind === "project" && !node.outputs.some(({ value }) => isExpensive(value));
}
