import { mergeAnnotations } from "../annotations.ts";
import type { Key } from "../key.ts";
import { LayeredGraph } from "../layered-graph.ts";
import type { BlockInput } from "../layers/blockwise-layer.ts";
import { BlockwiseLayer } from "../layers/blockwise-layer.ts";
import { isIdentityMap } from "../layers/index-map.ts";
import type { Layer } from "../layers/layer.ts";
import { assemble } from "./assemble.ts";

/**
 * The same answers from fewer layers: layers that `keys` do not need are left out, and a
 * blockwise layer that only one other blockwise layer reads, block by block, becomes part of its
 * reader. Nothing is written out: the cost grows with layers, not with tasks.
 *
 * @example
 * ```ts
 * import { BlockwiseLayer, LayeredGraph, optimizeLayers } from "@millrace/graph";
 *
 * const inc = (x: number) => x + 1;
 * const steps = [{ fn: inc, args: [{ kind: "input", input: 0 }] }] as const;
 * const graph = new LayeredGraph()
 *   .withLayer(new BlockwiseLayer("a", { count: 9, inputs: [{ kind: "index" }], steps }))
 *   .withLayer(
 *     new BlockwiseLayer("b", { count: 9, inputs: [{ kind: "block", layer: "a" }], steps }),
 *   );
 * const optimized = optimizeLayers(graph, ["b/3"]);
 * [...optimized.layers.keys()]; // => ["b"]
 * await optimized.compute("b/3"); // => 5
 * ```
 */
export function optimizeLayers(graph: LayeredGraph, keys: readonly Key[]): LayeredGraph {
  const kept = neededLayers(graph, keys);
  const requested = new Set(keys.map(layerOf));
  const readers = countReaders(kept);
  const layers = new Map(kept.map((layer) => [layer.name, layer]));
  for (const layer of inputsFirst(kept)) {
    let fused = layer;
    while (fused instanceof BlockwiseLayer) {
      const producer = findProducer(fused, layers, readers, requested);
      if (producer === undefined) break;
      for (const name of sharedInputs(producer, fused)) {
        readers.set(name, (readers.get(name) as number) - 1);
      }
      fused = joinLayers(producer, fused);
      layers.delete(producer.name);
    }
    layers.set(layer.name, fused);
  }
  return new LayeredGraph(
    graph.layers.clear().withMutations((map) => {
      for (const layer of kept) {
        const last = layers.get(layer.name);
        if (last !== undefined) map.set(layer.name, last);
      }
    }),
  );
}

function layerOf(key: Key): string {
  return key.slice(0, Math.max(0, key.lastIndexOf("/")));
}

/** Layers that the keys reach. */
function neededLayers(graph: LayeredGraph, keys: readonly Key[]): Layer[] {
  const needed = new Set<string>();
  const explicit = [...graph.layers.values()].filter((layer) => layer.keys.prefix === undefined);
  const stack: string[] = [];
  const reach = (name: string): void => {
    if (needed.has(name) || !graph.layers.has(name)) return;
    needed.add(name);
    stack.push(name);
  };
  const reachKey = (key: Key): void => {
    if (graph.layers.get(layerOf(key))?.keys.prefix !== undefined) reach(layerOf(key));
    else for (const layer of explicit) if (layer.keys.indexOf(key) >= 0) reach(layer.name);
  };
  keys.forEach(reachKey);
  for (let name = stack.pop(); name !== undefined; name = stack.pop()) {
    const layer = graph.layers.get(name) as Layer;
    layer.layerInputs.forEach(reach);
    layer.keyInputs.forEach(reachKey);
  }
  return [...graph.layers.values()].filter((layer) => needed.has(layer.name));
}

/**
 * How many layers read each layer; a single task that is read by key counts as its layer being
 * read.
 */
function countReaders(layers: readonly Layer[]): Map<string, number> {
  const readers = new Map<string, number>();
  for (const layer of layers) {
    for (const name of new Set(namesRead(layer))) {
      readers.set(name, (readers.get(name) ?? 0) + 1);
    }
  }
  return readers;
}

/** Layers sorted so that inputs come before their readers; layers in a circle keep their order. */
function inputsFirst(layers: readonly Layer[]): Layer[] {
  const byName = new Map(layers.map((layer) => [layer.name, layer]));
  const sorted = new Set<Layer>();
  const entered = new Set<Layer>();
  const stack = [...layers].reverse();
  while (stack.length > 0) {
    const layer = stack[stack.length - 1] as Layer;
    if (entered.has(layer)) {
      stack.pop();
      sorted.add(layer);
      continue;
    }
    entered.add(layer);
    for (const name of layer.layerInputs) {
      const input = byName.get(name);
      if (input !== undefined && !entered.has(input)) stack.push(input);
    }
  }
  return [...sorted];
}

function findProducer(
  consumer: BlockwiseLayer,
  layers: ReadonlyMap<string, Layer>,
  readers: ReadonlyMap<string, number>,
  requested: ReadonlySet<string>,
): BlockwiseLayer | undefined {
  for (const input of consumer.inputs) {
    if (input.kind !== "block" || !isIdentityMap(input.index)) continue;
    const producer = layers.get(input.layer);
    if (!(producer instanceof BlockwiseLayer) || producer.size !== consumer.size) continue;
    if (readers.get(producer.name) !== 1 || requested.has(producer.name)) continue;
    if (mergeAnnotations(producer.annotations, consumer.annotations) === undefined) continue;
    if (consumer.inputs.every((other) => readsOwnBlock(other, producer.name))) return producer;
  }
  return undefined;
}

/** Whether an input reads of a layer the block with its own number, or nothing. */
function readsOwnBlock(input: BlockInput, layer: string): boolean {
  switch (input.kind) {
    case "block":
      return input.layer !== layer || isIdentityMap(input.index);
    case "blocks":
      return input.layer !== layer;
    case "key":
      return layerOf(input.key) !== layer;
    case "index":
    case "values":
      return true;
  }
}

/** Layers that both read: after joining, one layer fewer reads them. */
function sharedInputs(producer: BlockwiseLayer, consumer: BlockwiseLayer): string[] {
  const own = new Set(namesRead(consumer));
  return [...new Set(namesRead(producer))].filter((name) => own.has(name));
}

function namesRead(layer: Layer): string[] {
  return [...layer.layerInputs, ...layer.keyInputs.map(layerOf)];
}

/** One layer with the name of the consumer that does the work of both. */
function joinLayers(producer: BlockwiseLayer, consumer: BlockwiseLayer): BlockwiseLayer {
  const inputs: BlockInput[] = [...producer.inputs];
  const sources = consumer.inputs.map((input) => {
    if (input.kind === "block" && input.layer === producer.name) return -1;
    const known = inputs.findIndex((other) => sameInput(other, input));
    return known >= 0 ? known : inputs.push(input) - 1;
  });
  const { steps } = assemble([
    { program: producer.program, sources: producer.inputs.map((_, i) => i) },
    { program: consumer.program, sources },
  ]);
  return new BlockwiseLayer(consumer.name, {
    count: consumer.size,
    inputs,
    steps,
    annotations: mergeAnnotations(producer.annotations, consumer.annotations)?.merged,
    standsFor: consumer.standsFor ?? consumer,
  });
}

function sameInput(a: BlockInput, b: BlockInput): boolean {
  if (a.kind === "block" && b.kind === "block") {
    return a.layer === b.layer && JSON.stringify(a.index) === JSON.stringify(b.index);
  }
  if (a.kind === "key" && b.kind === "key") return a.key === b.key;
  return a.kind === "index" && b.kind === "index";
}
