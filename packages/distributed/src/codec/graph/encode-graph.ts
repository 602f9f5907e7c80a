import type { Key, Layer, LayeredGraph } from "@millrace/graph";
import type { Block } from "../block.ts";
import { annotationFields } from "./annotation-fields.ts";
import { writeDescription } from "./description.ts";
import { Form } from "./format.ts";
import { KeyWriter } from "./write-keys.ts";
import { PlanWriter } from "./plan-writer.ts";
import { LayerWriter } from "./write-layer.ts";

/**
 * A graph as it is submitted, with the keys asked for, as bytes: `decodeGraph` gives one that
 * expands to the same tasks. Its functions are stand-ins, its values shipped; keys do not repeat.
 *
 * A symbolic layer takes some tens of bytes however many tasks it has, a task of its own some five
 * beside its key and values, a key asked for one where it comes next. Large parts of shipped values
 * are not copied.
 *
 * @throws DistributedError `distributed/invalid-argument` for what was not shipped
 * @throws SerializationError for references nested too deep
 */
export function encodeGraph(graph: LayeredGraph, keys: readonly Key[]): Block {
  const plan = new PlanWriter();
  const keyWriter = new KeyWriter(plan);
  // Known from the start, so that a key of a block is short wherever it stands.
  for (const name of graph.layers.keys()) keyWriter.nameNumber(name);
  const layers = withStoodFor(graph.layers.values());
  plan.natural(layers.size);
  const layerWriter = new LayerWriter(plan, keyWriter);
  for (const layer of layers.keys()) {
    layerWriter.write(layer, layer.standsFor && layers.get(layer.standsFor));
  }
  plan.natural(graph.layers.size);
  for (const layer of graph.layers.values()) plan.natural(layers.get(layer) as number);
  plan.natural(keys.length);
  keyWriter.writeAll(keys);
  const annotations = layerWriter.annotations.map(annotationFields);
  const columns = [...plan.columns(), keyWriter.names, annotations];
  const { objects, parts } = plan.values;
  return writeDescription(Form.graph, columns, objects, plan.code, parts);
}

/** Layers and those they stand for by number, each behind the one that it stands for. */
function withStoodFor(layers: Iterable<Layer>): ReadonlyMap<Layer, number> {
  const numbers = new Map<Layer, number>();
  for (const layer of layers) {
    const chain: Layer[] = [];
    for (let next: Layer | undefined = layer; next !== undefined; next = next.standsFor) {
      if (numbers.has(next)) break;
      chain.push(next);
    }
    for (const each of chain.reverse()) numbers.set(each, numbers.size);
  }
  return numbers;
}
