import type { Map as ImmutableMap } from "immutable";
import type { Annotations } from "./annotations.ts";
import { mergeAnnotations } from "./annotations.ts";
import type { BlockRange } from "./block-keys.ts";
import { blocksOf } from "./block-keys.ts";
import { GraphError, quoteValue } from "./errors.ts";
import type { Key } from "./key.ts";
import { parseIndex } from "./key-table.ts";
import type { Layer } from "./layers/layer.ts";
import type { MaterializedLayer } from "./layers/materialized-layer.ts";
import { samePrograms } from "./same-task.ts";
import { keyConflict } from "./task-graph.ts";

/** Where a task stands: its layer and its number in it. */
export interface Place {
  readonly layer: Layer;
  readonly index: number;
  /** Further layers that have the same task under the same key. */
  readonly others?: Layer[];
  /** What all layers that have the task advise together; there only with `others`. */
  readonly advice?: Annotations | undefined;
}

type Layers = ImmutableMap<string, Layer>;

const placesOf = new WeakMap<Layers, Places>();

/** Which of some layers has a key; worked out once for a map of layers, which never changes. */
export function placesIn(layers: Layers): Places {
  let places = placesOf.get(layers);
  if (places === undefined) {
    places = new Places(layers);
    placesOf.set(layers, places);
  }
  return places;
}

/**
 * Finds the layer of a key: that whose name stands before the last slash, if it is symbolic and has
 * a task of that number, else every layer that names the key itself.
 */
export class Places {
  readonly #layers: Layers;
  /** Keys come layer by layer: that of the last one is looked at first. */
  #last: { readonly prefix: string; readonly layer: Layer } | undefined;
  #named: ReadonlyMap<Key, Place> | undefined;

  constructor(layers: Layers) {
    this.#layers = layers;
  }

  /** Where a task stands; undefined where no layer has the key. */
  find(key: Key): Place | undefined {
    return this.#numbered(key) ?? this.named.get(key);
  }

  /** Where a task stands. `why` says in the message who wants it. */
  locate(key: Key, why: string): Place {
    const place = this.find(key);
    if (place !== undefined) return place;
    throw new GraphError(
      "graph/missing-key",
      `${why}, got ${quoteValue(key)}, wanted a key of the layers ${layerNames(this.#layers)}.`,
    );
  }

  /** Throws where one key is that of two tasks; the same cost as `named`. */
  checkConflicts(): void {
    this.#named ??= this.#collect();
  }

  /** Whose blocks some keys are, where that is known and the layer has them. */
  blocksOf(keys: readonly Key[]): (BlockRange & { readonly of: Layer }) | undefined {
    const blocks = blocksOf(keys);
    if (blocks === undefined) return undefined;
    const of = this.#layers.get(blocks.layer);
    const isThere = of !== undefined && !namesItsKeys(of) && blocks.end <= of.size;
    return isThere ? { ...blocks, of } : undefined;
  }

  /** The layers that have some keys, each of which one has. */
  layersOfAll(keys: readonly Key[]): ReadonlySet<Layer> {
    const blocks = this.blocksOf(keys);
    if (blocks !== undefined && keys.length > 0) return new Set([blocks.of]);
    const layers = new Set<Layer>();
    for (const key of keys) for (const each of this.layersOf(key)) layers.add(each);
    return layers;
  }

  /** All layers that have a key. */
  layersOf(key: Key): readonly Layer[] {
    const place = this.find(key);
    if (place === undefined) return [];
    return place.others === undefined ? [place.layer] : [place.layer, ...place.others];
  }

  /**
   * The keys that layers name themselves; one key in two layers must be one task. Cost: the first
   * time one look at each of them.
   */
  get named(): ReadonlyMap<Key, Place> {
    return (this.#named ??= this.#collect());
  }

  #numbered(key: Key): Place | undefined {
    const last = this.#last;
    if (last !== undefined && key.startsWith(last.prefix)) {
      const index = parseIndex(key, last.prefix.length);
      if (index >= 0) return placeAt(last.layer, index);
    }
    const start = key.lastIndexOf("/") + 1;
    const layer = start === 0 ? undefined : this.#layers.get(key.slice(0, start - 1));
    if (layer === undefined || namesItsKeys(layer)) return undefined;
    this.#last = { prefix: key.slice(0, start), layer };
    return placeAt(layer, parseIndex(key, start));
  }

  #collect(): ReadonlyMap<Key, Place> {
    const places = new Map<Key, Place>();
    for (const layer of this.#layers.values()) {
      if (!namesItsKeys(layer)) continue;
      const { keys } = layer;
      for (let index = 0; index < keys.size; index++) {
        const key = keys.at(index);
        if (this.#numbered(key) !== undefined) throw keyConflict("graph", key);
        places.set(key, joinPlaces(key, places.get(key), { layer, index }));
      }
    }
    return places;
  }
}

function placeAt(layer: Layer, index: number): Place | undefined {
  return index >= 0 && index < layer.size ? { layer, index } : undefined;
}

/** Whether the keys of a layer are its own texts; those of others are its name and a number. */
export function namesItsKeys(layer: Layer): layer is MaterializedLayer {
  return layer.kind === "materialized" && layer.keys.prefix === undefined;
}

function joinPlaces(key: Key, known: Place | undefined, place: Place): Place {
  if (known === undefined) return place;
  const one = known.layer as MaterializedLayer;
  const other = place.layer as MaterializedLayer;
  const advice = known.others === undefined ? one.adviceOf(known.index) : known.advice;
  const both = mergeAnnotations(advice, other.adviceOf(place.index));
  const entries = [one.entry(known.index), other.entry(place.index)] as const;
  if (both === undefined || !(entries[0] === entries[1] || samePrograms(...entries))) {
    throw keyConflict("graph", key);
  }
  const others = known.others ?? [];
  others.push(place.layer);
  return { ...known, others, advice: both.merged };
}

/** The names of some layers, for an error message. */
export function layerNames(layers: Layers): string {
  const names = [...layers.keys()].slice(0, 8).map(quoteValue).join(", ");
  const more = layers.size > 8 ? `, … (${layers.size} layers)` : "";
  return names === "" ? "(there are none)" : `${names}${more}`;
}
