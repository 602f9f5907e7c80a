import type { Map as ImmutableMap } from "immutable";
import type { Annotations } from "./annotations.ts";
import { GraphError, quoteValue } from "./errors.ts";
import { CoreBuilder } from "./graph-core.ts";
import type { Key } from "./key.ts";
import type { KeyTable } from "./key-table.ts";
import { joinedKeys, subsetKeys } from "./key-table.ts";
import type { Layer, TaskSink } from "./layers/layer.ts";
import { MaterializedLayer } from "./layers/materialized-layer.ts";
import type { Program } from "./program.ts";

/** Where a task stands: its layer and its number in it. */
export interface Place {
  readonly layer: Layer;
  readonly index: number;
  /** What all layers that have the task advise together, where that is more than its own layer does. */
  readonly advice?: Annotations | undefined;
}

/** The tasks of one layer that are wanted: -1, or their number in the written graph. */
interface Numbers {
  readonly layer: Layer;
  readonly of: Int32Array;
}

/** Marks what is needed, numbers it layer by layer, and writes it. */
export class Materializer {
  readonly #layers: ImmutableMap<string, Layer>;
  readonly #locate: (key: Key, by: string) => Place;
  readonly #numbers = new Map<string, Numbers>();
  readonly #pending: { numbers: Numbers; index: number }[] = [];

  constructor(layers: ImmutableMap<string, Layer>, locate: (key: Key, by: string) => Place) {
    this.#layers = layers;
    this.#locate = locate;
  }

  write(keys: Iterable<Key> | undefined): ReturnType<CoreBuilder["build"]> {
    this.#mark(keys);
    const tables: KeyTable[] = [];
    let size = 0;
    for (const { layer, of } of this.#inLayerOrder()) {
      const first = size;
      const kept: number[] = [];
      for (let index = 0; index < of.length; index++) {
        if (of[index] === unneeded) continue;
        of[index] = size++;
        kept.push(index);
      }
      const all = size - first === layer.size;
      tables.push(all ? layer.keys : subsetKeys(layer.keys, Int32Array.from(kept)));
    }
    return this.#expandAll(joinedKeys(tables));
  }

  #expandAll(keys: KeyTable): ReturnType<CoreBuilder["build"]> {
    const builder = new CoreBuilder();
    let advice: Annotations | undefined;
    const sink: TaskSink = {
      task: (program: Program, annotations: Annotations | undefined) =>
        builder.task(program, advice ?? annotations),
      block: (layer, index) => builder.input(this.#of(layer).of[index] as number),
      key: (key) => {
        const { layer, index } = this.#locate(key, "a task refers to");
        builder.input(this.#of(layer.name).of[index] as number);
      },
      constant: (value) => builder.constant(value),
    };
    for (const { layer, of } of this.#inLayerOrder()) {
      advice = undefined;
      const explicit = hasOwnKeys(layer);
      for (let index = 0; index < of.length; index++) {
        if (of[index] === unneeded) continue;
        if (explicit) advice = this.#locate(layer.keys.at(index), "asked for").advice;
        layer.expand(index, sink);
      }
    }
    return builder.build(keys);
  }

  *#inLayerOrder(): Iterable<Numbers> {
    for (const name of this.#layers.keys()) {
      const numbers = this.#numbers.get(name);
      if (numbers !== undefined) yield numbers;
    }
  }

  #mark(keys: Iterable<Key> | undefined): void {
    if (keys === undefined) {
      for (const layer of this.#layers.values()) this.#markLayer(layer);
    } else {
      for (const key of keys) {
        const { layer, index } = this.#locate(key, "asked for");
        this.#need(this.#of(layer.name), index);
      }
    }
    const sink: TaskSink = {
      task: () => undefined,
      block: (layer, index) => this.#need(this.#of(layer), index),
      key: (key) => {
        const { layer, index } = this.#locate(key, "a task refers to");
        this.#need(this.#of(layer.name), index);
      },
      constant: () => undefined,
    };
    for (let next = this.#pending.pop(); next !== undefined; next = this.#pending.pop()) {
      next.numbers.layer.expand(next.index, sink);
    }
  }

  /** All tasks of a layer; a key that stands in two layers is written once. */
  #markLayer(layer: Layer): void {
    const explicit = hasOwnKeys(layer);
    for (let index = 0; index < layer.size; index++) {
      const place = explicit ? this.#locate(layer.keys.at(index), "asked for") : { layer, index };
      this.#need(this.#of(place.layer.name), place.index);
    }
  }

  #need(numbers: Numbers, index: number): void {
    if (numbers.of[index] !== unneeded) {
      if (index >= 0 && index < numbers.of.length) return;
      throw new GraphError(
        "graph/missing-key",
        `graph: a layer reads a block that is not there, got block ${index} of ` +
          `${quoteValue(numbers.layer.name)}, wanted 0 to ${numbers.of.length - 1}.`,
      );
    }
    numbers.of[index] = needed;
    this.#pending.push({ numbers, index });
  }

  #of(name: string): Numbers {
    let numbers = this.#numbers.get(name);
    if (numbers === undefined) {
      const layer = this.#layers.get(name);
      if (layer === undefined) throw missingLayer(name, this.#layers);
      numbers = { layer, of: new Int32Array(layer.size).fill(unneeded) };
      this.#numbers.set(name, numbers);
    }
    return numbers;
  }
}

const unneeded = -1;
const needed = -2;

/** Whether the tasks of a layer have keys that do not tell the layer. */
export function hasOwnKeys(layer: Layer): boolean {
  return layer instanceof MaterializedLayer && layer.keys.prefix === undefined;
}

function missingLayer(name: string, layers: ImmutableMap<string, Layer>): GraphError {
  return new GraphError(
    "graph/missing-key",
    `graph: a layer reads a layer that is not there, got ${quoteValue(name)}, wanted one of ` +
      `${layerNames(layers)}. Add it with withLayer.`,
  );
}

/** The names of some layers, for an error message. */
export function layerNames(layers: ImmutableMap<string, Layer>): string {
  const names = [...layers.keys()].slice(0, 8).map(quoteValue).join(", ");
  return names === "" ? "(there are none)" : names;
}
