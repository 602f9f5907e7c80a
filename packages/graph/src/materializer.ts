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
import { WantedTasks } from "./wanted-tasks.ts";

/**
 * How much of a graph may be written out: a few bytes of layers stand for any number of tasks.
 *
 * @example
 * ```ts
 * import { BlockwiseLayer, LayeredGraph, blockInput, blockStep } from "@millrace/graph";
 *
 * const layer = new BlockwiseLayer("many", {
 *   count: 1_000_000_000,
 *   inputs: [{ kind: "index" }],
 *   steps: [blockStep((n: number) => n, blockInput(0))],
 * });
 * const graph = new LayeredGraph().withLayer(layer);
 * graph.materialize(["many/7"], { tasksMax: 1_000, inputsMax: 10_000 }).size; // => 1
 * graph.materialize(undefined, { tasksMax: 1_000, inputsMax: 10_000 }); // throws graph/too-large
 * ```
 */
export interface GraphLimits {
  readonly tasksMax: number;
  /** Of all tasks together. */
  readonly inputsMax: number;
}

const noLimits: GraphLimits = { tasksMax: Infinity, inputsMax: Infinity };

/** Marks what is needed, numbers it layer by layer, and writes it. */
export class Materializer {
  readonly #layers: ImmutableMap<string, Layer>;
  readonly #places: Places;
  readonly #wanted = new Map<string, WantedTasks>();
  readonly #used: WantedTasks[] = [];
  /** Tasks that are marked and whose inputs are not: pairs of a slot and an index. */
  readonly #pending = new IntList();
  /** The layer asked for last, which mostly is the next one too. */
  #last: WantedTasks | undefined;
  readonly #limits: GraphLimits;
  #taskCount = 0;
  #inputCount = 0;

  constructor(layers: ImmutableMap<string, Layer>, limits: GraphLimits = noLimits) {
    this.#layers = layers;
    this.#limits = limits;
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
    for (const wanted of this.#inLayerOrder()) {
      size = wanted.number(size);
      if (size > this.#limits.tasksMax) throw tooLarge("tasks", this.#limits.tasksMax);
      tables.push(wanted.ids === undefined ? wanted.keys : subsetKeys(wanted.keys, wanted.ids));
    }
    return this.#expandAll(size, joinedKeys(tables));
  }

  #expandAll(size: number, keys: KeyTable): GraphCore {
    const builder = new CoreBuilder(size);
    let advice: Annotations | undefined;
    const sink: TaskSink = {
      task: (program: Program, annotations: Annotations | undefined) =>
        builder.task(program, advice ?? annotations),
      block: (layer, index) => builder.input(this.#of(layer).numberOf(index)),
      key: (key) => {
        const { layer, index } = this.#places.locate(key, refersTo);
        builder.input(this.#of(layer.name).numberOf(index));
      },
      constant: (value) => builder.constant(value),
    };
    for (const { layer, keys: own, count, ids } of this.#inLayerOrder()) {
      const named = namesItsKeys(layer);
      advice = undefined;
      for (let k = 0; k < count; k++) {
        const index = ids === undefined ? k : (ids[k] as number);
        if (named) advice = this.#places.find(own.at(index))?.advice;
        layer.expand(index, sink);
      }
    }
    return builder.build(keys);
  }

  *#inLayerOrder(): Iterable<WantedTasks> {
    for (const name of this.#layers.keys()) {
      const wanted = this.#wanted.get(name);
      if (wanted !== undefined && wanted.count > 0) yield wanted;
    }
  }

  /** All tasks of all layers; a key that stands in two layers is written once. */
  #markAll(): void {
    for (const layer of this.#layers.values()) {
      if (!namesItsKeys(layer)) this.#of(layer.name).markAll();
    }
    for (const { layer, index } of this.#places.named.values()) this.#of(layer.name).mark(index);
  }

  #markNeeded(keys: readonly Key[]): void {
    this.#askAll(keys);
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

  #askAll(keys: readonly Key[]): void {
    const blocks = this.#places.blocksOf(keys);
    if (blocks === undefined) for (const key of keys) this.#ask(key);
    else {
      const wanted = this.#of(blocks.layer);
      const isAll = blocks.start === 0 && blocks.end === wanted.layer.size;
      if (isAll && wanted.isSource) this.#needAll(wanted);
      else {
        for (let index = blocks.start; index < blocks.end; index++) this.#need(wanted, index);
      }
    }
  }

  #ask(key: Key): void {
    const last = this.#last;
    const guess = last?.keys.prefix === undefined ? -1 : last.keys.indexOf(key);
    if (last !== undefined && guess >= 0) this.#need(last, guess);
    else {
      const { layer, index } = this.#places.locate(key, askedFor);
      this.#need(this.#of(layer.name), index);
    }
  }

  #need(wanted: WantedTasks, index: number): void {
    const { tasksMax, inputsMax } = this.#limits;
    if (++this.#inputCount > inputsMax) throw tooLarge("inputs of tasks", inputsMax);
    if (!wanted.mark(index)) return;
    if (++this.#taskCount > tasksMax) throw tooLarge("tasks", tasksMax);
    if (wanted.isSource) return;
    this.#pending.push(wanted.slot);
    this.#pending.push(index);
  }

  /** All tasks of a layer that reads nothing, without a look at each. */
  #needAll(wanted: WantedTasks): void {
    const { tasksMax, inputsMax } = this.#limits;
    this.#inputCount += wanted.layer.size;
    if (this.#inputCount > inputsMax) throw tooLarge("inputs of tasks", inputsMax);
    this.#taskCount += wanted.markAll();
    if (this.#taskCount > tasksMax) throw tooLarge("tasks", tasksMax);
  }

  #of(name: string): WantedTasks {
    if (this.#last?.layer.name === name) return this.#last;
    let wanted = this.#wanted.get(name);
    if (wanted === undefined) {
      const layer = this.#layers.get(name);
      if (layer === undefined) throw missingLayer(name, this.#layers);
      wanted = new WantedTasks(layer, this.#used.length);
      this.#used.push(wanted);
      this.#wanted.set(name, wanted);
    }
    this.#last = wanted;
    return wanted;
  }
}

const askedFor = "materialize: no such key";
const refersTo = "graph: a task refers to a key that no layer has";

function tooLarge(what: string, most: number): GraphError {
  return new GraphError(
    "graph/too-large",
    `graph: there are too many ${what}, got more than ${most}, wanted ${most} at most. ` +
      "Use larger partitions, or compute a part at a time.",
  );
}

function missingLayer(name: string, layers: ImmutableMap<string, Layer>): GraphError {
  return new GraphError(
    "graph/missing-key",
    `graph: a layer reads a layer that is not there, got ${quoteValue(name)}, wanted one of ` +
      `${layerNames(layers)}. Add it with withLayer.`,
  );
}
