import { Map as ImmutableMap } from "immutable";
import { mergeAnnotations, sameAnnotations } from "./annotations.ts";
import { GraphError, quoteValue } from "./errors.ts";
import type { RunOptions } from "./executor.ts";
import type { Key } from "./key.ts";
import { parseIndex } from "./key-table.ts";
import type { Layer } from "./layers/layer.ts";
import { MaterializedLayer } from "./layers/materialized-layer.ts";
import type { Replacement } from "./layers/replacement.ts";
import type { Place } from "./materializer.ts";
import { Materializer, hasOwnKeys, layerNames } from "./materializer.ts";
import { computeKeys } from "./run.ts";
import { samePrograms } from "./same-task.ts";
import { TaskGraph, checkKeyList, keyConflict } from "./task-graph.ts";
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
  #explicit: ReadonlyMap<Key, Place> | undefined;

  constructor(layers: ImmutableMap<string, Layer> = ImmutableMap()) {
    this.layers = layers;
  }

  /** How many tasks all layers have together. Cost: one addition a layer. */
  get size(): number {
    return this.layers.reduce((sum, layer) => sum + layer.size, 0);
  }

  /**
   * This graph and one more layer. The same layer again changes nothing.
   *
   * @throws GraphError `graph/key-conflict` when another layer has the name
   */
  withLayer(layer: Layer): LayeredGraph {
    const known = this.layers.get(layer.name);
    if (known === undefined) return new LayeredGraph(this.layers.set(layer.name, layer));
    if (!sameLayer(known, layer)) throw layerConflict("withLayer", known, layer);
    return this;
  }

  /**
   * The layers of both graphs.
   *
   * @throws GraphError `graph/key-conflict` when two different layers have one name
   */
  merge(other: LayeredGraph): LayeredGraph {
    if (this.layers === other.layers || other.layers.isEmpty()) return this;
    if (this.layers.isEmpty()) return other;
    const [large, small] = this.layers.size >= other.layers.size ? [this, other] : [other, this];
    const layers = large.layers.withMutations((merged) => {
      for (const layer of small.layers.values()) {
        const known = merged.get(layer.name);
        if (known === undefined) merged.set(layer.name, layer);
        else if (!sameLayer(known, layer)) throw layerConflict("merge", known, layer);
      }
    });
    return layers === large.layers ? large : new LayeredGraph(layers);
  }

  /** The same graph with every function and every value in it replaced. */
  replace(by: Replacement): LayeredGraph {
    return new LayeredGraph(this.layers.map((layer) => layer.replace(by)));
  }

  /** Whether some layer has a task with this key. */
  has(key: Key): boolean {
    return this.#find(key) !== undefined;
  }

  /**
   * Writes out the tasks that `keys` need, or all tasks. Cost: about a tenth of a microsecond a
   * task.
   *
   * @throws GraphError `graph/missing-key` for a key, or a reference between layers, that nothing
   * has; `graph/key-conflict` for two different tasks under one key
   */
  materialize(keys?: Iterable<Key>): TaskGraph {
    checkKeyList("materialize", keys);
    // Looks through all keys that layers name themselves, so that none hides another task unseen.
    this.#explicit ??= explicitKeys(this.layers);
    return new TaskGraph(
      new Materializer(this.layers, (key, by) => this.#locate(key, by)).write(keys),
    );
  }

  /**
   * The value of one key, or the values of several in the order asked.
   *
   * @throws GraphError `graph/missing-key`, CycleError, TaskError, CancelledError
   */
  compute(keys: Key, options?: RunOptions): Promise<unknown>;
  compute(keys: readonly Key[], options?: RunOptions): Promise<unknown[]>;
  async compute(keys: Key | readonly Key[], options: RunOptions = {}): Promise<unknown> {
    return computeKeys(this, keys, options);
  }

  #locate(key: Key, by: string): Place {
    const place = this.#find(key);
    if (place !== undefined) return place;
    throw new GraphError(
      "graph/missing-key",
      `graph: ${by} a key that no layer has, got ${quoteValue(key)}, wanted a key of the layers ` +
        `${layerNames(this.layers)}.`,
    );
  }

  #find(key: Key): Place | undefined {
    const place = rangeTask(this.layers, key);
    if (place !== undefined) return place;
    this.#explicit ??= explicitKeys(this.layers);
    return this.#explicit.get(key);
  }
}

/** The task of a symbolic layer that a key of the form `<layer>/<index>` names. */
function rangeTask(layers: ImmutableMap<string, Layer>, key: Key): Place | undefined {
  const slash = key.lastIndexOf("/");
  const layer = slash < 0 ? undefined : layers.get(key.slice(0, slash));
  if (layer?.keys.prefix === undefined) return undefined;
  const index = parseIndex(key, slash + 1);
  return index >= 0 && index < layer.size ? { layer, index } : undefined;
}

/**
 * Keys of the layers whose tasks have names of their own. One key in two layers must be one task.
 */
function explicitKeys(layers: ImmutableMap<string, Layer>): ReadonlyMap<Key, Place> {
  const places = new Map<Key, Place>();
  for (const layer of layers.values()) {
    const { keys } = layer;
    if (!hasOwnKeys(layer)) continue;
    for (let index = 0; index < keys.size; index++) {
      const key = keys.at(index);
      const known = places.get(key);
      if (rangeTask(layers, key) !== undefined) throw keyConflict("graph", key);
      places.set(key, joinPlaces(key, known, { layer, index }));
    }
  }
  return places;
}

function joinPlaces(key: Key, known: Place | undefined, place: Place): Place {
  if (known === undefined) return place;
  const entry = (known.layer as MaterializedLayer).entry(known.index);
  const other = (place.layer as MaterializedLayer).entry(place.index);
  const advice = known.advice ?? entry.annotations ?? known.layer.annotations;
  const both = mergeAnnotations(advice, other.annotations ?? place.layer.annotations);
  if (both === undefined || !(entry === other || samePrograms(entry, other))) {
    throw keyConflict("graph", key);
  }
  return { ...known, advice: both.merged };
}

type Tokened = Layer & { readonly token?: string | undefined };

function sameLayer(one: Tokened, other: Tokened): boolean {
  const a: Tokened = one.standsFor ?? one;
  const b: Tokened = other.standsFor ?? other;
  if (a === b) return true;
  if (a.kind !== b.kind || a.size !== b.size) return false;
  if (!sameAnnotations(a.annotations, b.annotations)) return false;
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
