import type { LayeredGraph } from "@millrace/graph";
import type { Field } from "../dtype.ts";
import type { Typed } from "../expr/typed.ts";
import { checkCount, checkDistinct, checkNames, checkPredicate } from "./check.ts";
import { intern } from "./intern.ts";
import { layoutOf } from "./layout.ts";
import type { BlocksNode, Layout, ScanNode, Source } from "./node.ts";

/** What a reader is asked for; all of it where nothing is said. */
export interface ScanOptions {
  readonly columns?: readonly string[];
  /** May read columns that do not come out. */
  readonly predicate?: Typed | undefined;
  /** Most rows of each partition. */
  readonly limit?: number | undefined;
}

/** Reads files. */
export function scan(source: Source, options: ScanOptions = {}, api = "scan"): ScanNode {
  checkDistinct(
    api,
    source.fields.map(({ name }) => name),
  );
  checkCount(api, "number of partitions", source.parts.length, 1);
  const { columns = source.fields.map(({ name }) => name), limit } = options;
  const predicate = isAlways(options.predicate) ? undefined : options.predicate;
  const fields = checkNames(api, source.fields, columns);
  if (predicate !== undefined) checkPredicate(api, source.fields, predicate);
  if (limit !== undefined) checkCount(api, "limit", limit, 0);
  const layout = layoutOf(source.parts.length, scanRows(source, predicate, limit));
  return intern(["scan", source.token, source.rows, columns, predicate?.token, limit], (token) => {
    return { kind: "scan", source, columns, predicate, limit, fields, layout, token };
  });
}

function isAlways(predicate: Typed | undefined): boolean {
  return predicate?.kind === "literal" && predicate.value === true;
}

function scanRows(source: Source, predicate: Typed | undefined, limit = Infinity) {
  if (predicate !== undefined) return undefined;
  return source.rows?.map((rows) => Math.min(rows, limit));
}

/**
 * Partitions that tasks of a graph hold: the first `layout.npartitions` blocks of a layer, whose
 * name stands for its content.
 */
export function blocks(
  graph: LayeredGraph,
  layer: string,
  fields: readonly Field[],
  layout: Layout,
  label: string,
  api = "blocks",
): BlocksNode {
  checkDistinct(
    api,
    fields.map(({ name }) => name),
  );
  checkCount(api, "number of partitions", layout.npartitions, 1);
  return intern(["blocks", layer, fields, layout, label], (token) => {
    return { kind: "blocks", graph, layer, label, fields, layout, token };
  });
}
