import type { Annotations } from "./annotations.ts";
import type { Csr } from "./csr.ts";
import { findCycle, sortTopologically, tasksByRank, transpose } from "./csr.ts";
import { CycleError } from "./errors.ts";
import type { KeyTable } from "./key-table.ts";
import { keyRanks } from "./key-table.ts";
import type { Arg } from "./arg.ts";
import type { Program } from "./program.ts";
import { mapLeaves, runOfInputs } from "./arg.ts";
import { makeProgram } from "./program.ts";

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

/**
 * Numbers that are added one by one and end as an Int32Array. Cost: amortised constant time and
 * four to eight bytes each.
 *
 * @example
 * ```ts
 * import { IntList } from "@millrace/graph";
 *
 * const list = new IntList();
 * list.push(3);
 * list.push(4);
 * list.pop(); // => 4
 * list.toArray(); // => Int32Array.of(3)
 * ```
 */
export class IntList {
  #data: Int32Array;
  /** How many numbers there are. */
  length = 0;

  constructor(capacity = 64) {
    this.#data = new Int32Array(Math.max(1, capacity));
  }

  /** Adds a number at the end. */
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

  /** The number at an index, which must be below the length. */
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
export function distinctInputs(core: GraphCore): GraphCore {
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
    return runOfInputs(items.slice(leaf.start, leaf.start + leaf.count));
  };
  const steps = program.steps.map((step) => ({
    fn: step.fn,
    args: step.args.map((arg) => mapLeaves(arg, renumber)),
  }));
  return makeProgram(steps, new Set(numbers).size, program.constantCount);
}

const dependentsOf = new WeakMap<GraphCore, Csr>();

/** The edges the other way round: who reads each task, ascending. Kept with the graph. */
export function dependents(core: GraphCore): Csr {
  let rows = dependentsOf.get(core);
  if (rows === undefined) {
    rows = transpose(core, undefined);
    dependentsOf.set(core, rows);
  }
  return rows;
}

/**
 * Every task after the tasks it reads.
 *
 * @throws CycleError naming one cycle
 */
export function topologicalOrder(core: GraphCore): Int32Array {
  const sorted = sortTopologically(core);
  if (sorted !== undefined) return sorted;
  const cycle = findCycle(dependents(core), tasksByRank(keyRanks(core.keys)));
  throw new CycleError([...cycle, cycle[0] as number].map((t) => core.keys.at(t)));
}
