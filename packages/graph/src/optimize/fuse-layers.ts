import type { RunDefaults } from "../annotations.ts";
import { fuseAnnotations, withoutAnnotations } from "../annotations.ts";
import type { Key } from "../key.ts";
import { LayeredGraph } from "../layered-graph.ts";
import type { BlockInput } from "../layers/blockwise-layer.ts";
import { BlockwiseLayer } from "../layers/blockwise-layer.ts";
import { isIdentityMap } from "../layers/index-map.ts";
import type { Layer } from "../layers/layer.ts";
import type { Places } from "../places.ts";
import { placesIn } from "../places.ts";
import { assemble } from "./assemble.ts";

/**
 * The same answers from fewer layers: layers that `keys` do not need are left out, and a
 * blockwise layer that only one other blockwise layer reads, block by block, becomes part of its
 * reader. Nothing is written out: the cost grows with layers, not with tasks.
 *
 * @param defaults - what tasks get in the run that say nothing themselves; where it is not known,
 * layers of which only one names a priority, or retries, stay apart
 * @throws GraphError `graph/missing-key`
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
export function optimizeLayers(
  graph: LayeredGraph,
  keys: readonly Key[],
  defaults?: RunDefaults,
): LayeredGraph {
  const places = placesIn(graph.layers);
  const requested = places.layersOfAll(graph.checkKeys("optimizeLayers", keys));
  const readsOf = neededLayers(graph, places, requested);
  const sorted = inputsFirst(readsOf);
  const fusion = new LayerFusion(readsOf, requested, defaults);
  for (const layer of sorted) fusion.visit(layer);
  const position = new Map(sorted.map((layer, i) => [layer, i]));
  return new LayeredGraph(
    graph.layers.clear().withMutations((map) => {
      for (const layer of graph.layers.values()) {
        if (!readsOf.has(layer) || fusion.isAbsorbed(layer)) continue;
        map.set(layer.name, fusion.result(layer, position));
      }
    }),
  );
}

/**
 * The layers that a layer reads, and whether each of its blocks reads of them only the block of its
 * own number.
 */
type Reads = Map<Layer, boolean>;

/** The layers that the requested ones need, each with what it reads. */
function neededLayers(
  { layers }: LayeredGraph,
  places: Places,
  requested: ReadonlySet<Layer>,
): ReadonlyMap<Layer, Reads> {
  const readsOf = new Map<Layer, Reads>();
  const stack = [...requested];
  for (let layer = stack.pop(); layer !== undefined; layer = stack.pop()) {
    if (readsOf.has(layer)) continue;
    const reads: Reads = new Map();
    const ownBlocks = layer instanceof BlockwiseLayer ? layersReadByOwnBlock(layer) : undefined;
    for (const name of layer.layerInputs) {
      const input = layers.get(name);
      if (input !== undefined) reads.set(input, ownBlocks?.has(name) === true);
    }
    for (const key of new Set(layer.keyInputs)) {
      for (const input of places.layersOf(key)) if (input !== layer) reads.set(input, false);
    }
    readsOf.set(layer, reads);
    stack.push(...reads.keys());
  }
  return readsOf;
}

/** Names of layers of which each block reads only the block of its own number. */
function layersReadByOwnBlock({ inputs }: BlockwiseLayer): ReadonlySet<string> {
  const own = new Set<string>();
  const other = new Set<string>();
  for (const input of inputs) {
    if (input.kind === "block") (isIdentityMap(input.index) ? own : other).add(input.layer);
    if (input.kind === "blocks") other.add(input.layer);
  }
  return new Set([...own].filter((name) => !other.has(name)));
}

/** Layers in an order in which inputs come before their readers, without those behind a circle. */
function inputsFirst(readsOf: ReadonlyMap<Layer, Reads>): Layer[] {
  const readers = new Map<Layer, Layer[]>(Array.from(readsOf.keys(), (layer) => [layer, []]));
  const waiting = new Map<Layer, number>();
  for (const [layer, reads] of readsOf) {
    waiting.set(layer, reads.size);
    for (const input of reads.keys()) readers.get(input)?.push(layer);
  }
  const sorted = [...readsOf.keys()].filter((layer) => waiting.get(layer) === 0);
  for (const layer of sorted) {
    for (const reader of readers.get(layer) as Layer[]) {
      const left = (waiting.get(reader) as number) - 1;
      waiting.set(reader, left);
      if (left === 0) sorted.push(reader);
    }
  }
  return sorted;
}

/** Layers that become one, under the name of the last of them. */
interface Group {
  members: BlockwiseLayer[];
  reads: Reads;
  annotations: BlockwiseLayer["annotations"];
}

/** Decides which layers become one; each group is put together once, at the end. */
class LayerFusion {
  readonly #requested: ReadonlySet<Layer>;
  readonly #defaults: RunDefaults | undefined;
  readonly #groups = new Map<Layer, Group>();
  /** How many groups, or layers that are in none, read a layer. */
  readonly #readers = new Map<Layer, number>();
  readonly #readsOf: ReadonlyMap<Layer, Reads>;
  readonly #absorbed = new Set<Layer>();

  constructor(
    readsOf: ReadonlyMap<Layer, Reads>,
    requested: ReadonlySet<Layer>,
    defaults: RunDefaults | undefined,
  ) {
    this.#readsOf = readsOf;
    this.#requested = requested;
    this.#defaults = defaults;
    for (const reads of readsOf.values()) {
      for (const input of reads.keys()) this.#count(input, 1);
    }
  }

  isAbsorbed(layer: Layer): boolean {
    return this.#absorbed.has(layer);
  }

  /** Joins a layer with all that it can be joined with; what it reads has been visited. */
  visit(layer: Layer): void {
    if (!(layer instanceof BlockwiseLayer)) return;
    const reads = new Map(this.#readsOf.get(layer));
    const group: Group = { members: [layer], reads, annotations: layer.annotations };
    this.#groups.set(layer, group);
    const open = [...reads.keys()];
    for (let input = open.pop(); input !== undefined; input = open.pop()) {
      const producer = this.#groups.get(input);
      if (producer === undefined || input.size !== layer.size) continue;
      if (this.#requested.has(input) || this.#readers.get(input) !== 1) continue;
      if (group.reads.get(input) !== true) continue;
      const advice = fuseAnnotations(producer.annotations, group.annotations, this.#defaults);
      if (advice === undefined) continue;
      group.annotations = advice.merged;
      this.#absorbed.add(input);
      group.reads.delete(input);
      group.members = union(group.members, producer.members);
      open.push(...this.#joinReads(group, producer.reads));
      this.#groups.delete(input);
    }
  }

  /** The group reads what another one read too; gives the layers which both did. */
  #joinReads(group: Group, reads: Reads): Layer[] {
    const [large, small] =
      group.reads.size >= reads.size ? [group.reads, reads] : [reads, group.reads];
    const shared: Layer[] = [];
    for (const [input, byOwnBlock] of small) {
      const known = large.get(input);
      if (known !== undefined) {
        this.#count(input, -1);
        shared.push(input);
      }
      large.set(input, byOwnBlock && known !== false);
    }
    group.reads = large;
    return shared;
  }

  #count(layer: Layer, readers: number): void {
    this.#readers.set(layer, (this.#readers.get(layer) ?? 0) + readers);
  }

  /** What stands for a layer that has not become part of another one. */
  result(layer: Layer, position: ReadonlyMap<Layer, number>): Layer {
    const group = this.#groups.get(layer);
    if (group === undefined || group.members.length === 1) return layer;
    const at = (member: Layer): number => position.get(member) as number;
    return joinLayers(
      group.members.toSorted((a, b) => at(a) - at(b)),
      group.annotations,
    );
  }
}

/** The members of both lists; the longer one is used up. */
function union<T>(a: T[], b: T[]): T[] {
  const [large, small] = a.length >= b.length ? [a, b] : [b, a];
  for (const each of small) large.push(each);
  return large;
}

/** One layer, with the name of the last, that does the work of layers of which only it is read. */
function joinLayers(
  members: readonly BlockwiseLayer[],
  annotations: BlockwiseLayer["annotations"],
): BlockwiseLayer {
  const numbers = new Map(members.map(({ name }, m) => [name, m]));
  const inputs: BlockInput[] = [];
  const known = new Map<string, number>();
  const sourceOf = (input: BlockInput): number => {
    const member = input.kind === "block" ? numbers.get(input.layer) : undefined;
    if (member !== undefined) return ~member;
    const name = inputName(input);
    const earlier = name === undefined ? undefined : known.get(name);
    if (earlier !== undefined) return earlier;
    const source = inputs.push(input) - 1;
    if (name !== undefined) known.set(name, source);
    return source;
  };
  const { steps } = assemble(
    members.map(({ program, inputs: own }) => ({ program, sources: own.map(sourceOf) })),
  );
  const last = members.at(-1) as BlockwiseLayer;
  const options = { count: last.size, inputs, steps, annotations };
  return withoutAnnotations(
    () => new BlockwiseLayer(last.name, { ...options, standsFor: last.standsFor ?? last }),
  );
}

/** A text that is the same for inputs which are the same for every block, if they can be. */
function inputName(input: BlockInput): string | undefined {
  switch (input.kind) {
    case "block":
      return `block ${JSON.stringify([input.layer, input.index])}`;
    case "key":
      return `key ${input.key}`;
    case "index":
      return "index";
    case "blocks":
    case "values":
      return undefined;
  }
}
