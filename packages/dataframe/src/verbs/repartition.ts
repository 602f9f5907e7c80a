import type { RunOptions } from "@millrace/graph";
import { compute, parseBytes } from "@millrace/graph";
import { invalidArgument } from "../errors.ts";
import type { Native } from "../expr/ast.ts";
import { exactLiteral, isNative } from "../expr/literal.ts";
import type { Scalar } from "../expr/typed.ts";
import { scalarColumn } from "../kernels/scalar-column.ts";
import { addCall, partitionKeys } from "../lower/partitions.ts";
import { physicalPlan } from "../lower/physical.ts";
import { fieldOf } from "../plan/check.ts";
import type { PlanNode } from "../plan/node.ts";
import { repartition, shuffle } from "../plan/partitions.ts";
import { periodDivisions } from "../plan/periods.ts";
import type { Measured } from "../plan/pieces.ts";
import { piecesOfSize, rowsOfLength } from "../plan/pieces.ts";
import { valuesOf } from "../rows/to-rows.ts";
import { measureBlock } from "../steps/repartitioning.ts";
import { checkOptions, columnNames, splitOptions } from "./check.ts";

/** A value of an index. */
export type Bound = Exclude<Native, null>;

/**
 * One way to cut rows into partitions.
 *
 * @example
 * ```ts
 * import { DataFrame } from "@millrace/dataframe";
 * import type { RepartitionOptions } from "@millrace/dataframe";
 *
 * const options: RepartitionOptions = { npartitions: 3 };
 * const rows = Array.from({ length: 10 }, (_, n) => ({ n }));
 * const cut = DataFrame.fromRows(rows, { npartitions: 2 }).repartition(options);
 * (await cut.compute()).batches.map((batch) => batch.numRows); // => [3, 3, 4]
 * ```
 */
export type RepartitionOptions =
  /**
   * Exactly this many. Where rows are known (from rows, Arrow and Parquet, not yet filtered) they
   * are balanced: boundary i is `floor(i · rows / npartitions)`. Otherwise to fewer joins inputs
   * `floor(i·n/m)` to `floor((i+1)·n/m) - 1`, to more cuts each input evenly.
   */
  | { readonly npartitions: number }
  /**
   * Bounds of the index, one more than partitions, which must be known already. The outer ones must
   * be those that there are; with `force` they may lie further out.
   */
  | { readonly divisions: readonly Bound[]; readonly force?: boolean }
  /** This many rows in each but the last; rows must be known. */
  | { readonly partitionRows: number }
  /** At the starts of periods of a date or timestamp index: "1d", "12h", "1w", "1mo", "1y" … */
  | { readonly freq: string };

/** The same rows in order in other partitions; nothing is computed. */
export function repartitionBy(input: PlanNode, options: RepartitionOptions): PlanNode {
  const api = "repartition";
  checkOptions(api, options, ["npartitions", "divisions", "force", "partitionRows", "freq"]);
  const ways = Object.keys(options).filter((name) => name !== "force");
  const [way] = ways;
  if (ways.length !== 1 || way === undefined) {
    const wanted = "one of npartitions, divisions, partitionRows and freq";
    throw invalidArgument(api, "no single way to cut", ways.join(" and ") || undefined, wanted);
  }
  if ("force" in options && way !== "divisions") {
    throw invalidArgument(api, "force without divisions", way, "divisions");
  }
  if ("npartitions" in options) {
    const { npartitions } = options;
    return repartition(input, { by: "npartitions", npartitions }, api);
  }
  if ("partitionRows" in options) {
    const rows = rowsOfLength(api, input.layout.rows, options.partitionRows);
    return repartition(input, { by: "rows", rows }, api);
  }
  if ("freq" in options) {
    const { index, divisions } = knownIndex(api, input);
    const { dtype } = fieldOf(api, input.fields, index);
    const cut = periodDivisions(api, dtype, divisions, options.freq);
    return repartition(input, { by: "divisions", divisions: cut, force: false }, api);
  }
  const { divisions, force = false } = options;
  if (typeof force !== "boolean") {
    throw invalidArgument(api, "bad force", force, "true or false");
  }
  const bounds = storedBounds(api, input, knownIndex(api, input).index, divisions);
  return repartition(input, { by: "divisions", divisions: bounds, force }, api);
}

function knownIndex(
  api: string,
  { layout: { index, divisions } }: PlanNode,
): { index: string; divisions: readonly Scalar[] } {
  if (index !== undefined && divisions !== undefined) return { index, divisions };
  const remedy = "Give the frame an order first: await df.setIndex(…).";
  throw invalidArgument(api, "no known divisions", index, "an index with divisions", remedy);
}

/** Bounds as the column of the index stores them. */
export function storedBounds(
  api: string,
  input: PlanNode,
  column: string,
  bounds: readonly unknown[],
): Scalar[] {
  if (!Array.isArray(bounds) || bounds.length < 2) {
    throw invalidArgument(api, "bad divisions", bounds, "an array of two bounds or more");
  }
  const { dtype } = fieldOf(api, input.fields, column);
  return bounds.map((bound: unknown) => {
    const stored = isNative(bound) && bound !== null ? exactLiteral(bound, dtype) : undefined;
    if (stored !== undefined) return stored;
    throw invalidArgument(api, "a bound that the index cannot have", bound, `a ${dtype.kind}`);
  });
}

/** Partitions of at most about a size: measures the data first. */
export async function repartitionBySize(
  input: PlanNode,
  size: number | string,
  options: RunOptions,
): Promise<PlanNode> {
  const api = "repartitionBySize";
  const { run } = splitOptions(api, options, []);
  const bytesMax = parseBytes(size, api);
  if (!(bytesMax >= 1)) throw invalidArgument(api, "bad size", size, "1 byte or more");
  const { plan, partitions } = physicalPlan(input);
  const context = { token: plan.token, annotations: undefined };
  const measured = addCall(partitions, "measure", context, measureBlock);
  const finalize = (parts: unknown[]): Measured[] => parts as Measured[];
  const outputKeys = partitionKeys(measured);
  const sizes = await compute({ graph: measured.graph, outputKeys, finalize }, run);
  return repartition(input, { by: "pieces", pieces: piecesOfSize(sizes, bytesMax) }, api);
}

/** How rows are dealt out by the values of columns. */
export interface ShuffleByOptions<K extends string> {
  /** The columns whose values decide. */
  readonly on: K | readonly K[];
  /** Default: as many as there are. */
  readonly npartitions?: number;
}

/** Rows dealt out by the hash of columns. */
export function shuffleOn(input: PlanNode, options: ShuffleByOptions<string>): PlanNode {
  const api = "shuffle";
  checkOptions(api, options, ["on", "npartitions"]);
  const { npartitions = input.layout.npartitions } = options;
  const on = columnNames(api, input.fields, options.on);
  return shuffle(input, { kind: "hash", on, npartitions }, api);
}

/** The bounds of the index as plain values, where they are known. */
export function boundsOf({ fields, layout }: PlanNode): readonly Bound[] | undefined {
  const { index, divisions } = layout;
  if (index === undefined || divisions === undefined) return undefined;
  const { dtype } = fieldOf("divisions", fields, index);
  return Array.from(valuesOf(scalarColumn(dtype, divisions)), (bound) => bound as Bound);
}
