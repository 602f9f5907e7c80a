import { GraphError, quoteValue } from "./errors.ts";
import type { KeyTable } from "./key-table.ts";
import type { Layer } from "./layers/layer.ts";

/** While fewer tasks than one in so many of a layer are wanted, the others take no memory. */
const sparseShare = 32;
/** Layers of fewer tasks have an array from the start. */
const denseMax = 1024;

const unwanted = -1;
const wanted = -2;

/** The tasks of one layer that are wanted, first marked, then numbered in the written graph. */
export class WantedTasks {
  readonly layer: Layer;
  readonly keys: KeyTable;
  /** Where it stands in the list of the layers in use. */
  readonly slot: number;
  /** Its tasks read nothing: whoever needs one needs no others. */
  readonly isSource: boolean;
  /** How many are wanted. */
  count = 0;
  /** Once they are numbered, which they are; undefined where it is all. */
  ids: Int32Array | undefined;
  /** Numbers by index: in an array, or in a map while they are few. */
  #dense: Int32Array | undefined;
  #sparse = new Map<number, number>();
  #first = 0;

  constructor(layer: Layer, slot: number) {
    this.layer = layer;
    this.keys = layer.keys;
    this.slot = slot;
    this.isSource = isSource(layer);
    if (layer.size <= denseMax) this.#dense = new Int32Array(layer.size).fill(unwanted);
  }

  /** Gives how many were not marked already. */
  markAll(): number {
    const { size } = this.layer;
    const added = size - this.count;
    this.count = size;
    return added;
  }

  /** False where the task is marked already. */
  mark(index: number): boolean {
    const dense = this.#dense;
    const { size } = this.layer;
    if (this.count === size && index >= 0 && index < size) return false;
    if (dense === undefined) return this.#markSparse(index);
    const number = dense[index] ?? missingBlock(this.layer, index);
    if (number !== unwanted) return false;
    dense[index] = wanted;
    this.count++;
    return true;
  }

  #markSparse(index: number): boolean {
    const { size } = this.layer;
    if (!(index >= 0 && index < size)) missingBlock(this.layer, index);
    if (this.#sparse.has(index)) return false;
    this.#sparse.set(index, wanted);
    this.count++;
    if (this.count * sparseShare > size) {
      this.#dense = new Int32Array(size).fill(unwanted);
      for (const known of this.#sparse.keys()) this.#dense[known] = wanted;
      this.#sparse.clear();
    }
    return true;
  }

  /** Numbers the tasks from `first` on, in their order; gives the number after the last one. */
  number(first: number): number {
    this.#first = first;
    if (this.count < this.layer.size)
      this.ids = this.#dense === undefined ? this.#numberSparse() : this.#numberDense(this.#dense);
    return first + this.count;
  }

  #numberDense(dense: Int32Array): Int32Array {
    const ids = new Int32Array(this.count);
    for (let index = 0, k = 0; index < dense.length; index++) {
      if (dense[index] === unwanted) continue;
      dense[index] = this.#first + k;
      ids[k++] = index;
    }
    return ids;
  }

  #numberSparse(): Int32Array {
    const ids = Int32Array.from(this.#sparse.keys()).sort();
    ids.forEach((index, k) => this.#sparse.set(index, this.#first + k));
    return ids;
  }

  /** The number of a task of a layer that was numbered. */
  numberOf(index: number): number {
    if (this.ids === undefined) {
      if (!(index >= 0 && index < this.layer.size)) missingBlock(this.layer, index);
      return this.#first + index;
    }
    const number = this.#dense === undefined ? this.#sparse.get(index) : this.#dense[index];
    return number ?? missingBlock(this.layer, index);
  }
}

/** Of tasks written one by one some may; to look would take as long as to write them out. */
function isSource(layer: Layer): boolean {
  if (layer.kind === "materialized") return false;
  return layer.layerInputs.length === 0 && layer.keyInputs.length === 0;
}

function missingBlock({ name, size }: Layer, index: number): never {
  throw new GraphError(
    "graph/missing-key",
    `graph: a layer reads a block that is not there, got block ${index} of ${quoteValue(name)}, ` +
      `wanted 0 to ${size - 1}.`,
  );
}
