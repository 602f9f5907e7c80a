import type { Map as ImmutableMap } from "immutable";
import type { Annotations } from "./annotations.ts";
import { GraphError, quoteValue } from "./errors.ts";
import type { GraphCore } from "./graph-core.ts";
import { CoreBuilder, IntList } from "./graph-core.ts";
import type { Key } from "./key.ts";
import type { KeyTable } from "./key-table.ts";
import { joinedKeys, subsetKeys } from "./key-table.ts";
import type { Layer, TaskSink } from "./layers/layer.ts";
import type { Places } from "./places.ts";
import { layerNames, namesItsKeys, placesIn } from "./places.ts";
import type { Program } from "./program.ts";

/** The tasks of one layer that are wanted: -1, or their number in the written graph. */
interface Numbers {
  readonly layer: Layer;
  readonly keys: KeyTable;
  readonly of: Int32Array;
  /** Where it stands in the list of the layers in use. */
  readonly slot: number;
  /** How many are wanted. */
  count: number;
}

/** Marks what is needed, numbers it layer by layer, and writes it. */
export class Materializer {
  readonly #layers: ImmutableMap<string, Layer>;
  readonly #places: Places;
  readonly #numbers = new Map<string, Numbers>();
  readonly #used: Numbers[] = [];
  /** Tasks that are marked and whose inputs are not: pairs of a slot and an index. */
  readonly #pending = new IntList();
  /** The layer asked for last, which mostly is the next one too. */
  #last: Numbers | undefined;

  constructor(layers: ImmutableMap<string, Layer>) {
    this.#layers = layers;
    this.#places = placesIn(layers);
  }

  /** The tasks that `keys` need, or all. */
  write(keys: readonly Key[] | undefined): GraphCore {
    // Looks through all keys that layers name themselves, so that none hides another task unseen.
    void this.#places.named;
    if (keys === undefined) this.#markAll();
    else this.#markNeeded(keys);
    const tables: KeyTable[] = [];
    let size = 0;
    for (const { keys: own, of, count } of this.#inLayerOrder()) {
      const kept = count === of.length ? undefined : new Int32Array(count);
      for (let index = 0, k = 0; index < of.length; index++) {
        if (of[index] === unneeded) continue;
        if (kept !== undefined) kept[k++] = index;
        of[index] = size++;
      }
      tables.push(kept === undefined ? own : subsetKeys(own, kept));
    }
    return this.#expandAll(size, joinedKeys(tables));
  }

  #expandAll(size: number, keys: KeyTable): GraphCore {
    const builder = new CoreBuilder(size);
    let advice: Annotations | undefined;
    const sink: TaskSink = {
      task: (program: Program, annotations: Annotations | undefined) =>
        builder.task(program, advice ?? annotations),
      block: (layer, index) => {
        const numbers = this.#of(layer);
        builder.input(numbers.of[index] ?? missingBlock(numbers, index));
      },
      key: (key) => {
        const { layer, index } = this.#places.locate(key, refersTo);
        builder.input(this.#of(layer.name).of[index] as number);
      },
      constant: (value) => builder.constant(value),
    };
    for (const { layer, keys: own, of } of this.#inLayerOrder()) {
      advice = undefined;
      const named = namesItsKeys(layer);
      for (let index = 0; index < of.length; index++) {
        if (of[index] === unneeded) continue;
        if (named) advice = this.#places.find(own.at(index))?.advice;
        layer.expand(index, sink);
      }
    }
    return builder.build(keys);
  }

  *#inLayerOrder(): Iterable<Numbers> {
    for (const name of this.#layers.keys()) {
      const numbers = this.#numbers.get(name);
      if (numbers !== undefined && numbers.count > 0) yield numbers;
    }
  }

  /** All tasks of all layers; a key that stands in two layers is written once. */
  #markAll(): void {
    for (const layer of this.#layers.values()) {
      const numbers = this.#of(layer.name);
      if (namesItsKeys(layer)) {
        for (let index = 0; index < layer.size; index++) this.#ask(numbers.keys.at(index));
      } else {
        numbers.of.fill(needed);
        numbers.count = layer.size;
      }
    }
  }

  #markNeeded(keys: readonly Key[]): void {
    for (const key of keys) this.#ask(key);
    const sink: TaskSink = {
      task: () => undefined,
      block: (layer, index) => this.#need(this.#of(layer), index),
      key: (key) => {
        const { layer, index } = this.#places.locate(key, refersTo);
        this.#need(this.#of(layer.name), index);
      },
      constant: () => undefined,
    };
    const pending = this.#pending;
    while (pending.length > 0) {
      const index = pending.pop();
      this.#used[pending.pop()]?.layer.expand(index, sink);
    }
  }

  #ask(key: Key): void {
    const last = this.#last;
    const guess = last?.keys.prefix === undefined ? -1 : last.keys.indexOf(key);
    if (last !== undefined && guess >= 0) {
      this.#need(last, guess);
    } else {
      const { layer, index } = this.#places.locate(key, askedFor);
      this.#need(this.#of(layer.name), index);
    }
  }

  #need(numbers: Numbers, index: number): void {
    const number = numbers.of[index] ?? missingBlock(numbers, index);
    if (number !== unneeded) return;
    numbers.of[index] = needed;
    numbers.count++;
    this.#pending.push(numbers.slot);
    this.#pending.push(index);
  }

  #of(name: string): Numbers {
    if (this.#last?.layer.name === name) return this.#last;
    let numbers = this.#numbers.get(name);
    if (numbers === undefined) {
      const layer = this.#layers.get(name);
      if (layer === undefined) throw missingLayer(name, this.#layers);
      const of = new Int32Array(layer.size).fill(unneeded);
      numbers = { layer, keys: layer.keys, of, slot: this.#used.length, count: 0 };
      this.#used.push(numbers);
      this.#numbers.set(name, numbers);
    }
    this.#last = numbers;
    return numbers;
  }
}

const askedFor = "materialize: no such key";
const refersTo = "graph: a task refers to a key that no layer has";
const unneeded = -1;
const needed = -2;

function missingBlock({ layer }: Numbers, index: number): never {
  throw new GraphError(
    "graph/missing-key",
    `graph: a layer reads a block that is not there, got block ${index} of ` +
      `${quoteValue(layer.name)}, wanted 0 to ${layer.size - 1}.`,
  );
}

function missingLayer(name: string, layers: ImmutableMap<string, Layer>): GraphError {
  return new GraphError(
    "graph/missing-key",
    `graph: a layer reads a layer that is not there, got ${quoteValue(name)}, wanted one of ` +
      `${layerNames(layers)}. Add it with withLayer.`,
  );
}
