import type { Annotations } from "./annotations.ts";
import { CycleError } from "./errors.ts";
import type { KeyTable } from "./key-table.ts";
import type { Arg, Program } from "./program.ts";
import { makeProgram, mapLeaves, runOfInputs } from "./program.ts";

/**
 * A materialised graph as integers: task `t` is described by the entries at `t` (compressed sparse
 * rows). Input number `i` of task `t` is the task `targets[offsets[t] + i]`; a task's inputs are
 * distinct. Programs are shared; what is a task's own are its inputs and constants.
 */
export interface GraphCore {
  readonly size: number;
  readonly keys: KeyTable;
  /** `size + 1` numbers. */
  readonly offsets: Int32Array;
  readonly targets: Int32Array;
  /** Index into `programs`, one a task. */
  readonly program: Int32Array;
  readonly programs: readonly Program[];
  /** `size + 1` numbers: constant `c` of task `t` is `constants[constantOffsets[t] + c]`. */
  readonly constantOffsets: Int32Array;
  readonly constants: readonly unknown[];
  /** Index into `annotations`, one a task. */
  readonly annotation: Int32Array;
  /** Entry 0 is "none". */
  readonly annotations: readonly (Annotations | undefined)[];
}

/** Numbers that are added one by one and end as an Int32Array. */
export class IntList {
  #data: Int32Array;
  length = 0;

  constructor(capacity = 64) {
    this.#data = new Int32Array(Math.max(1, capacity));
  }

  push(value: number): void {
    if (this.length === this.#data.length) {
      const grown = new Int32Array(this.#data.length * 2);
      grown.set(this.#data);
      this.#data = grown;
    }
    this.#data[this.length++] = value;
  }

  /** Takes off the last number; there must be one. */
  pop(): number {
    return this.#data[--this.length] as number;
  }

  at(index: number): number {
    return this.#data[index] as number;
  }

  /** The numbers, in an array of just their size. */
  toArray(): Int32Array {
    return this.length === this.#data.length ? this.#data : this.#data.slice(0, this.length);
  }
}

/**
 * Collects tasks into a {@link GraphCore}: `task`, then its `input`s and `constant`s, then the
 * next.
 */
export class CoreBuilder {
  readonly #offsets: IntList;
  readonly #targets: IntList;
  readonly #program: IntList;
  readonly #constantOffsets: IntList;
  readonly #constants: unknown[] = [];
  readonly #annotation: IntList;
  readonly #programs = new Table<Program>();
  readonly #annotations = new Table<Annotations | undefined>();

  /** `size` is how many tasks will come, where that is known. */
  constructor(size?: number) {
    this.#offsets = new IntList(size && size + 1);
    this.#targets = new IntList(size);
    this.#program = new IntList(size);
    this.#constantOffsets = new IntList(size && size + 1);
    this.#annotation = new IntList(size);
    this.#annotations.add(undefined);
  }

  get size(): number {
    return this.#program.length;
  }

  /** Opens the next task; its number is the size before the call. */
  task(program: Program, annotations: Annotations | undefined): void {
    this.#offsets.push(this.#targets.length);
    this.#constantOffsets.push(this.#constants.length);
    this.#program.push(this.#programs.add(program));
    this.#annotation.push(this.#annotations.add(annotations));
  }

  /** The next input of the task opened last; may repeat an earlier one. */
  input(task: number): void {
    this.#targets.push(task);
  }

  constant(value: unknown): void {
    this.#constants.push(value);
  }

  build(keys: KeyTable): GraphCore {
    this.#offsets.push(this.#targets.length);
    this.#constantOffsets.push(this.#constants.length);
    return distinctInputs({
      size: this.size,
      keys,
      offsets: this.#offsets.toArray(),
      targets: this.#targets.toArray(),
      program: this.#program.toArray(),
      programs: this.#programs.entries,
      constantOffsets: this.#constantOffsets.toArray(),
      constants: this.#constants,
      annotation: this.#annotation.toArray(),
      annotations: this.#annotations.entries,
    });
  }
}

/** Distinct things by identity, numbered as they come. */
export class Table<T> {
  readonly entries: T[];
  readonly #numbers: Map<T, number>;
  #last: T | undefined;
  #lastNumber = -1;

  constructor(entries: readonly T[] = []) {
    this.entries = [...entries];
    this.#numbers = new Map(entries.map((entry, i) => [entry, i]));
  }

  add(entry: T): number {
    if (entry === this.#last && this.#lastNumber >= 0) return this.#lastNumber;
    let number = this.#numbers.get(entry);
    if (number === undefined) {
      number = this.entries.push(entry) - 1;
      this.#numbers.set(entry, number);
    }
    this.#last = entry;
    this.#lastNumber = number;
    return number;
  }
}

/** Gives every task that names an input twice a program that reads it once. */
function distinctInputs(core: GraphCore): GraphCore {
  const { size, offsets, targets } = core;
  const reader = new Int32Array(size).fill(-1);
  let repeated = false;
  for (let t = 0; t < size && !repeated; t++) {
    const start = offsets[t] as number;
    const end = offsets[t + 1] as number;
    if (end - start < 2) continue;
    for (let e = start; e < end; e++) {
      const target = targets[e] as number;
      if (reader[target] === t) repeated = true;
      reader[target] = t;
    }
  }
  return repeated ? withoutRepeats(core) : core;
}

function withoutRepeats(core: GraphCore): GraphCore {
  const { size, offsets, targets } = core;
  const newOffsets = new Int32Array(size + 1);
  const newTargets = new IntList();
  const program = core.program.slice();
  const programs = new Table(core.programs);
  const variants = new Map<string, Program>();
  for (let t = 0; t < size; t++) {
    const inputs = Array.from(targets.subarray(offsets[t], offsets[t + 1]));
    const distinct = [...new Set(inputs)];
    if (distinct.length < inputs.length) {
      const numberOf = new Map(distinct.map((input, i) => [input, i]));
      const numbers = inputs.map((input) => numberOf.get(input) as number);
      const name = `${core.program[t]}:${numbers.join()}`;
      let variant = variants.get(name);
      if (variant === undefined) {
        variant = renumberInputs(core.programs[core.program[t] as number] as Program, numbers);
        variants.set(name, variant);
      }
      program[t] = programs.add(variant);
    }
    for (const target of distinct) newTargets.push(target);
    newOffsets[t + 1] = newTargets.length;
  }
  return {
    ...core,
    offsets: newOffsets,
    targets: newTargets.toArray(),
    program,
    programs: programs.entries,
  };
}

/** The same program for a task whose old input `i` is now input `numbers[i]`. */
function renumberInputs(program: Program, numbers: readonly number[]): Program {
  const items: readonly Arg[] = numbers.map((input) => ({ kind: "input", input }));
  const renumber = (leaf: Arg): Arg => {
    if (leaf.kind === "input") return items[leaf.input] as Arg;
    if (leaf.kind !== "inputs") return leaf;
    return runOfInputs(items.slice(leaf.start, leaf.start + leaf.count), leaf.piece);
  };
  const steps = program.steps.map((step) => ({
    fn: step.fn,
    args: step.args.map((arg) => mapLeaves(arg, renumber)),
  }));
  return makeProgram(steps, new Set(numbers).size, program.constantCount);
}

const dependentsOf = new WeakMap<GraphCore, Rows>();

/**
 * Compressed sparse rows: entries of row `r` are `targets[offsets[r]] … targets[offsets[r+1]-1]`.
 */
export interface Rows {
  readonly offsets: Int32Array;
  readonly targets: Int32Array;
}

/** The edges the other way round: who reads each task, ascending. Kept with the graph. */
export function dependents(core: GraphCore): Rows {
  let rows = dependentsOf.get(core);
  if (rows === undefined) {
    rows = transpose(core);
    dependentsOf.set(core, rows);
  }
  return rows;
}

function transpose({ size, offsets, targets }: GraphCore): Rows {
  const starts = new Int32Array(size + 1);
  for (let e = 0; e < targets.length; e++) starts[(targets[e] as number) + 1]!++;
  for (let t = 0; t < size; t++) starts[t + 1]! += starts[t] as number;
  const next = starts.slice(0, size);
  const readers = new Int32Array(targets.length);
  for (let t = 0; t < size; t++) {
    for (let e = offsets[t] as number; e < (offsets[t + 1] as number); e++) {
      const target = targets[e] as number;
      readers[next[target]!++] = t;
    }
  }
  return { offsets: starts, targets: readers };
}

/**
 * Every task after the tasks it reads: the post-order of a depth-first walk, without recursion.
 *
 * @throws CycleError naming one cycle
 */
export function topologicalOrder(core: GraphCore): Int32Array {
  const { size, offsets, targets } = core;
  const sorted = new Int32Array(size);
  const state = new Uint8Array(size);
  const path = new Int32Array(size);
  const edges = new Int32Array(size);
  let end = 0;
  for (let root = 0; root < size; root++) {
    if (state[root] !== unvisited) continue;
    let depth = 0;
    path[0] = root;
    edges[0] = offsets[root] as number;
    state[root] = onPath;
    while (depth >= 0) {
      const t = path[depth] as number;
      const edge = edges[depth] as number;
      if (edge === offsets[t + 1]) {
        state[t] = done;
        sorted[end++] = t;
        depth--;
        continue;
      }
      edges[depth] = edge + 1;
      const input = targets[edge] as number;
      if (state[input] === done) continue;
      if (state[input] === onPath) throw cycleOf(core, path.subarray(0, depth + 1), input);
      state[input] = onPath;
      path[++depth] = input;
      edges[depth] = offsets[input] as number;
    }
  }
  return sorted;
}

const unvisited = 0;
const onPath = 1;
const done = 2;

/** The cycle that a path closes whose last task reads `t`. */
function cycleOf({ keys }: GraphCore, path: Int32Array, t: number): CycleError {
  const cycle = Array.from(path.subarray(path.indexOf(t)), (task) => keys.at(task));
  return new CycleError([...cycle, keys.at(t)]);
}
