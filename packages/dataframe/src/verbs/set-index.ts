import type { Collection, RunOptions } from "@millrace/graph";
import { compute } from "@millrace/graph";
import type { Block, Column } from "../column.ts";
import { invalidArgument } from "../errors.ts";
import type { Scalar } from "../expr/typed.ts";
import { columnNode } from "../expr/typed.ts";
import { addBounds } from "../lower/lower-order.ts";
import { scalarAt } from "../kernels/scalar-column.ts";
import type { Partitions } from "../lower/partitions.ts";
import { addCall, partitionKeys } from "../lower/partitions.ts";
import type { Physical } from "../lower/physical.ts";
import { physicalPlan, physicalPlans } from "../lower/physical.ts";
import { aggregate } from "../plan/aggregate.ts";
import { checkOrderable, checkPartitionCount, fieldOf } from "../plan/check.ts";
import { compareBounds } from "../plan/divisions.ts";
import { indexKey } from "../plan/layout.ts";
import type { Piece, PlanNode } from "../plan/node.ts";
import { sort } from "../plan/order.ts";
import { repartition, shuffle } from "../plan/partitions.ts";
import { blocks } from "../plan/sources.ts";
import type { Edges } from "../steps/indexing.ts";
import { edgesOf } from "../steps/indexing.ts";
import { splitOptions } from "./check.ts";
import type { Bound } from "./repartition.ts";
import { storedBounds } from "./repartition.ts";

/**
 * How rows come into the order of a column.
 *
 * @example
 * ```ts
 * import { DataFrame } from "@millrace/dataframe";
 * import type { SetIndexOptions } from "@millrace/dataframe";
 *
 * const options: SetIndexOptions = { divisions: [0, 10, 20] };
 * const rows = [{ n: 15 }, { n: 3 }, { n: 10 }];
 * const indexed = await DataFrame.fromRows(rows, { npartitions: 2 }).setIndex("n", options);
 * await indexed.toRows(); // => [{ n: 3 }, { n: 10 }, { n: 15 }]
 * ```
 */
export interface SetIndexOptions extends RunOptions {
  /** Bounds of the partitions to be: then nothing is looked at now. Rows outside of them stay. */
  readonly divisions?: readonly Bound[];
  /** Partitions to be, by about equal numbers of rows; default as many as there are. */
  readonly npartitions?: number;
  /** The rows are in this order already: edges of partitions are looked at, and no row is dealt. */
  readonly sorted?: boolean;
}

/** Rows in the order of a column, in partitions between bounds that are known. */
export async function setIndex(
  input: PlanNode,
  column: string,
  options: SetIndexOptions,
): Promise<PlanNode> {
  const api = "setIndex";
  const { own, run } = splitOptions(api, options, ["divisions", "npartitions", "sorted"]);
  const { divisions, npartitions, sorted = false } = own;
  checkOrderable(api, fieldOf(api, input.fields, column));
  if (typeof sorted !== "boolean") {
    throw invalidArgument(api, "bad sorted", sorted, "true or false");
  }
  if (divisions !== undefined && (npartitions !== undefined || sorted)) {
    const other = sorted ? "sorted" : "npartitions";
    throw invalidArgument(api, "two ways to cut", `divisions and ${other}`, "one of them");
  }
  if (npartitions !== undefined) checkPartitionCount(api, "npartitions", npartitions);
  if (divisions !== undefined) {
    return between(input, column, storedBounds(api, input, column, divisions));
  }
  if (!sorted) {
    const count = npartitions ?? input.layout.npartitions;
    const bounds = await sampledBounds(input, column, count, run);
    if (bounds !== undefined) return between(input, column, bounds);
    const cut = repartition(input, { by: "npartitions", npartitions: count }, api);
    return sort(cut, [indexKey(column)], "all", api);
  }
  if (npartitions === undefined) return markSorted(input, column, run);
  const wanted = "sorted alone; repartition afterwards";
  throw invalidArgument(api, "two ways to cut", "sorted and npartitions", wanted);
}

/** Rows dealt out between bounds and sorted there. */
function between(input: PlanNode, column: string, divisions: readonly Scalar[]): PlanNode {
  const dealt = shuffle(input, { kind: "range", column, divisions }, "setIndex");
  return sort(dealt, [indexKey(column)], "each", "setIndex");
}

/** Bounds of parts of about one size; undefined where no row has a value. */
async function sampledBounds(
  input: PlanNode,
  column: string,
  npartitions: number,
  run: RunOptions,
): Promise<readonly Scalar[] | undefined> {
  const { dtype } = fieldOf("setIndex", input.fields, column);
  const arg = columnNode(column, dtype);
  const extremes = (["min", "max"] as const).map((fn) => {
    return { name: fn, aggregate: { fn, arg, params: [], dtype } };
  });
  const [rows, outer] = physicalPlans([input, aggregate(input, [], extremes)]) as [
    Physical,
    Physical,
  ];
  const context = { token: rows.plan.token, annotations: undefined };
  const inner = addBounds(rows.partitions, context, [indexKey(column)], npartitions);
  const [bounds, ends] = await compute([blockAt(inner), blockAt(outer.partitions)], run);
  const [low, high] = ends.columns.map((end) => scalarAt(end, 0)) as [Scalar, Scalar];
  if (low === null || high === null) return undefined;
  const [values] = bounds.columns as [Column];
  const between = Array.from({ length: bounds.rows }, (_, row) => scalarAt(values, row));
  return [low, ...between.map((bound) => bound ?? high), high];
}

function blockAt(partitions: Partitions): Collection<Block> {
  const outputKeys = partitionKeys(partitions);
  return { graph: partitions.graph, outputKeys, finalize: ([block]) => block as Block };
}

/** The same rows, once they were seen to be in order, in partitions between bounds. */
async function markSorted(input: PlanNode, column: string, run: RunOptions): Promise<PlanNode> {
  const { plan, partitions } = physicalPlan(input);
  const context = { token: plan.token, annotations: undefined };
  const looked = addCall(partitions, "edges", context, edgesOf, column);
  const finalize = (parts: unknown[]): Edges[] => parts as Edges[];
  const outputKeys = partitionKeys(looked);
  const edges = await compute({ graph: looked.graph, outputKeys, finalize }, run);
  checkSorted(column, edges);
  const { pieces, divisions } = cutAtValues(edges);
  const cut =
    pieces === undefined ? input : repartition(input, { by: "pieces", pieces }, "setIndex");
  if (divisions === undefined) return sort(cut, [indexKey(column)], "all", "setIndex");
  const physical = physicalPlan(cut);
  const layout = {
    npartitions: cut.layout.npartitions,
    rows: cut.layout.rows,
    index: column,
    divisions,
    sortedBy: [indexKey(column)],
    togetherBy: [column],
  };
  const { graph, layer } = physical.partitions;
  return blocks(graph, layer, cut.fields, layout, `sorted by ${column}`, "setIndex");
}

function checkSorted(column: string, edges: readonly Edges[]): void {
  let last: Scalar = null;
  let hasNulls = false;
  edges.forEach(({ isSorted, first, last: end, rows, filled }, i) => {
    const follows =
      filled === 0 || (!hasNulls && (last === null || compareBounds(last, first) <= 0));
    if (!isSorted || !follows) {
      const remedy = "Leave sorted out, and the rows are sorted.";
      const wanted = `rows in the order of ${column}, nulls last`;
      throw invalidArgument("setIndex", "rows out of order", `partition ${i}`, wanted, remedy);
    }
    if (filled > 0) last = end;
    hasNulls ||= filled < rows;
  });
}

/** Partitions cut where values change, and their bounds; no bounds where no row has a value. */
interface ValueCuts {
  readonly pieces: readonly (readonly Piece[])[] | undefined;
  readonly divisions: readonly Scalar[] | undefined;
}

/**
 * A value that ends one partition and begins another goes into the latter. What has the greatest
 * value goes into the last partition, as its bound says.
 */
function cutAtValues(edges: readonly Edges[]): ValueCuts {
  const pieces: Piece[][] = edges.map(() => []);
  const firsts: Scalar[] = [];
  let next = edges.length;
  let owner = edges.length - 1;
  let isMoved = false;
  for (let i = edges.length - 1; i >= 0; i--) {
    const { rows, filled, first, last, lastRun } = edges[i] as Edges;
    if (filled === 0) {
      pieces[edges.length - 1]?.unshift([i, 0, rows]);
      continue;
    }
    const isLast = next === edges.length;
    const isTied = !isLast && compareBounds(last, (edges[next] as Edges).first) === 0;
    const target = isLast ? edges.length - 1 : i;
    const kept = isTied ? filled - lastRun : rows;
    if (kept < rows) pieces[owner]?.unshift([i, kept, rows]);
    if (kept > 0) {
      pieces[target]?.unshift([i, 0, kept]);
      firsts[target] = first;
      owner = target;
    }
    isMoved ||= target !== i || kept < rows;
    next = i;
  }
  if (next === edges.length) return { pieces: undefined, divisions: undefined };
  const greatest = edges.findLast(({ filled }) => filled > 0)?.last as Scalar;
  return {
    pieces: isMoved ? filledPieces(pieces) : undefined,
    divisions: boundsOf(firsts, edges.length, greatest),
  };
}

/** A partition without rows has a piece without rows, which tells its columns. */
function filledPieces(pieces: readonly Piece[][]): readonly (readonly Piece[])[] {
  return pieces.map((of, i) => (of.length === 0 ? [[i, 0, 0]] : of));
}

/** The first value of each partition, where it has none that of the next, and the greatest. */
function boundsOf(firsts: readonly Scalar[], count: number, greatest: Scalar): readonly Scalar[] {
  const bounds: Scalar[] = [greatest];
  for (let i = count - 1; i >= 0; i--) bounds.unshift(firsts[i] ?? (bounds[0] as Scalar));
  return bounds;
}
