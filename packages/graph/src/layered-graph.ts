import type { Map as ImmutableMap } from "immutable";
import { GraphError, invalidArgument, quoteValue } from "./errors.ts";
import type { RunOptions } from "./executor.ts";
import type { Key, KeyList } from "./key.ts";
import { keyList } from "./key.ts";
import type { Layer } from "./layers/layer.ts";
import { MaterializedLayer } from "./layers/materialized-layer.ts";
import type { Replacement } from "./layers/replacement.ts";
import type { GraphLimits } from "./materializer.ts";
import { Materializer } from "./materializer.ts";
import { loadImmutable } from "./load-immutable.ts";
import { placesIn } from "./places.ts";
import { computeKeys } from "./run.ts";
import { samePrograms } from "./same-task.ts";
import { TaskGraph, keyConflict } from "./task-graph.ts";
import { tokenizeLoosely } from "./tokenize.ts";

/**
 * A graph made of layers, most of them symbolic. Immutable: what derives from it shares its
 * layers, and nothing is written out until `materialize`.
 *
 * @example
 * ```ts
 * import { LayeredGraph, MaterializedLayer, ref, task } from "@millrace/graph";
 *
 * const inc = (x: number) => x + 1;
 * const base = new LayeredGraph().withLayer(new MaterializedLayer("numbers", { a: 1, b: 2 }));
 * const more = base.withLayer(new MaterializedLayer("more", { c: task(inc, [ref("b")]) }));
 * [base.size, more.size]; // => [2, 3]
 * more.materialize(["c"]).keys(); // => ["b", "c"]
 * ```
 */
export class LayeredGraph {
  /** The layers by name. */
  readonly layers: ImmutableMap<string, Layer>;

  constructor(layers: ImmutableMap<string, Layer> = loadImmutable().Map()) {
    this.layers = layers;
  }

  /** How many tasks all layers have together. Cost: one addition a layer. */
  get size(): number {
    return this.layers.reduce((sum, layer) => sum + layer.size, 0);
  }

  /**
   * This graph and one more layer. The same layer again adds nothing but what it advises.
   *
   * @throws GraphError `graph/key-conflict` when another layer has the name
   */
  withLayer(layer: Layer): LayeredGraph {
    const layers = addLayer("withLayer", this.layers, layer);
    return layers === this.layers ? this : new LayeredGraph(layers);
  }

  /**
   * The layers of both graphs; a layer of both is one, and what either advises holds.
   *
   * @throws GraphError `graph/key-conflict` when two different layers have one name
   */
  merge(other: LayeredGraph): LayeredGraph {
    if ((other as Partial<LayeredGraph> | undefined)?.layers === undefined) {
      throw invalidArgument("merge", "this is no graph", other, "a LayeredGraph");
    }
    if (this.layers === other.layers || other.layers.isEmpty()) return this;
    if (this.layers.isEmpty()) return other;
    const [large, small] = this.layers.size >= other.layers.size ? [this, other] : [other, this];
    const layers = large.layers.withMutations((merged) => {
      for (const layer of small.layers.values()) addLayer("merge", merged, layer);
    });
    return layers === large.layers ? large : new LayeredGraph(layers);
  }

  /** The same graph with every function and every value in it replaced. */
  replace(by: Replacement): LayeredGraph {
    return new LayeredGraph(this.layers.map((layer) => layer.replace(by)));
  }

  /** Whether some layer has a task with this key. */
  has(key: Key): boolean {
    return typeof key === "string" && placesIn(this.layers).find(key) !== undefined;
  }

  /**
   * The keys as an array, when each has a task here.
   *
   * @param api - whom the error names
   * @throws GraphError `graph/missing-key`, `graph/invalid-argument`
   */
  checkKeys(api: string, keys: KeyList): readonly Key[] {
    const list = keyList(api, keys);
    const places = placesIn(this.layers);
    if (places.blocksOf(list) === undefined) {
      for (const key of list) places.locate(key, `${api}: no such key`);
    }
    places.checkConflicts();
    return list;
  }

  /**
   * Writes out the tasks that `keys` need, or all tasks. Cost: about a tenth of a microsecond a
   * task.
   *
   * @throws GraphError `graph/missing-key` for a key, or a reference between layers, that nothing
   * has; `graph/key-conflict` for two different tasks under one key; `graph/too-large` where the
   * keys need more than the limits allow
   */
  materialize(keys?: KeyList, limits?: GraphLimits): TaskGraph {
    const list = keys === undefined ? undefined : keyList("materialize", keys);
    return new TaskGraph(new Materializer(this.layers, limits).write(list));
  }

  /**
   * The value of one key, or the values of several in the order asked.
   *
   * @throws GraphError `graph/missing-key`, CycleError, TaskError, CancelledError
   */
  compute(keys: Key, options?: RunOptions): Promise<unknown>;
  compute(keys: readonly Key[], options?: RunOptions): Promise<unknown[]>;
  compute(keys: Key | readonly Key[], options?: RunOptions): Promise<unknown>;
  async compute(keys: Key | readonly Key[], options: RunOptions = {}): Promise<unknown> {
    return computeKeys(this, keys, options);
  }
}

function addLayer(
  api: string,
  layers: ImmutableMap<string, Layer>,
  layer: Layer,
): ImmutableMap<string, Layer> {
  const known = layers.get(layer.name);
  if (known === undefined) return layers.set(layer.name, layer);
  const joined = isSame(known, layer) ? known.joinAdvice(layer) : undefined;
  if (joined === undefined) throw layerConflict(api, known, layer);
  return layers.set(layer.name, joined);
}

type Tokened = Layer & { readonly token?: string | undefined };

/** Whether two layers are one but for what they advise. */
function isSame(one: Tokened, other: Tokened): boolean {
  const a: Tokened = one.standsFor ?? one;
  const b: Tokened = other.standsFor ?? other;
  if (a === b) return true;
  if (a.kind !== b.kind || a.size !== b.size) return false;
  if (a.token !== undefined && a.token === b.token) return true;
  return tokenizeLoosely(a.content) === tokenizeLoosely(b.content);
}

/** Names the key that the layers disagree about, where they name keys of their own. */
function layerConflict(api: string, a: Layer, b: Layer): GraphError {
  if (a instanceof MaterializedLayer && b instanceof MaterializedLayer) {
    for (let index = 0; index < a.size; index++) {
      const key = a.keys.at(index);
      const other = b.keys.indexOf(key);
      if (other >= 0 && !samePrograms(a.entry(index), b.entry(other))) return keyConflict(api, key);
    }
  }
  return new GraphError(
    "graph/key-conflict",
    `${api}: two different layers have one name, got ${quoteValue(a.name)} twice, wanted one layer a ` +
      "name. Give one of them another name.",
  );
}
