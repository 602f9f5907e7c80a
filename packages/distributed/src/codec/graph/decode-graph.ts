import type { Key, Layer } from "@millrace/graph";
import { LayeredGraph, withoutAnnotations } from "@millrace/graph";
import type { Block } from "../block.ts";
import { corruptGraph } from "../value/corrupt.ts";
import { annotationsOf } from "./annotation-fields.ts";
import { checkedRead, listOf, readDescription, textsOf } from "./description.ts";
import { Form } from "./format.ts";
import { KeyReader } from "./read-keys.ts";
import { PLAN_COLUMNS, PlanReader, entryOf } from "./plan-reader.ts";
import { LayerReader } from "./read-layer.ts";

/**
 * The graph and the keys of a block that `encodeGraph` made. Functions are stand-ins; large parts
 * of shipped values are views of the block. The block may be from anybody: nothing in it is
 * believed, none of it runs, and the cost grows with its bytes. What the graph would expand to is
 * no part of that: a few bytes stand for any number of tasks.
 *
 * @throws DistributedError `distributed/corrupt-frame`
 */
export function decodeGraph(block: Block): {
  readonly graph: LayeredGraph;
  readonly keys: readonly Key[];
} {
  return checkedRead(() => withoutAnnotations(() => readGraph(block)));
}

function readGraph(block: Block): { readonly graph: LayeredGraph; readonly keys: readonly Key[] } {
  const description = readDescription(block, Form.graph);
  const [names, annotations, ...others] = description.columns.slice(PLAN_COLUMNS);
  if (others.length > 0) throw corruptGraph("columns that nobody reads");
  const plan = new PlanReader(description);
  const keyReader = new KeyReader(plan, textsOf(names));
  const layerReader = new LayerReader(plan, keyReader, listOf(annotations).map(annotationsOf));
  const layers = Array.from({ length: plan.count() }, () => layerReader.read());
  const graph = graphOf(
    Array.from({ length: plan.count() }, () => entryOf(layers, plan.natural())),
  );
  const keys = keyReader.distinct(plan.count());
  plan.finish();
  return { graph, keys };
}

/** In the order given, in which its layers were met. */
function graphOf(layers: readonly Layer[]): LayeredGraph {
  const byName = new LayeredGraph().layers.withMutations((map) => {
    for (const layer of layers) map.set(layer.name, layer);
  });
  if (byName.size < layers.length) throw corruptGraph("two layers of one name");
  return new LayeredGraph(byName);
}
