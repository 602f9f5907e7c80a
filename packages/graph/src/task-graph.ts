import type { Annotations } from "./annotations.ts";
import { mergeAnnotations, sameAnnotations } from "./annotations.ts";
import { GraphError, invalidArgument, quoteValue } from "./errors.ts";
import type { RunOptions } from "./executor.ts";
import type { GraphCore } from "./graph-core.ts";
import { CoreBuilder, dependents, topologicalOrder } from "./graph-core.ts";
import type { Key, KeyList } from "./key.ts";
import { checkKey, keyList } from "./key.ts";
import { listKeys } from "./key-table.ts";
import { cullCore } from "./optimize/cull.ts";
import type { Program } from "./program.ts";
import { mapLeaves } from "./arg.ts";
import { computeKeys } from "./run.ts";
import { sameTask } from "./same-task.ts";
import type { Task } from "./task.ts";
import { parseEntries } from "./task.ts";

/**
 * A graph with every task written out: keys, and for each key a plain value or a call. Immutable.
 * Inside it is integers (see `core`), so that a million tasks cost tens of bytes each.
 *
 * @example
 * ```ts
 * import { TaskGraph, ref, task } from "@millrace/graph";
 *
 * const add = (x: number, y: number) => x + y;
 * const graph = TaskGraph.from({
 *   a: 1,
 *   b: task(add, [ref("a"), 10]),
 *   c: task(add, [ref("a"), ref("b")]),
 * });
 * await graph.compute("c"); // => 12
 * await graph.compute(["b", "c"]); // => [11, 12]
 * ```
 */
export class TaskGraph {
  /** The same graph as integers, for executors and optimizations. */
  readonly core: GraphCore;

  constructor(core: GraphCore) {
    this.core = core;
  }

  /**
   * A graph from keys and what they stand for: a `task(…)`, a `ref(…)` to another key (an alias),
   * or a plain value, in which references are filled in too. The order of the entries does not
   * matter. Cost: one pass.
   *
   * @throws GraphError `graph/missing-key` when a reference names no key, `graph/key-conflict`
   * when an iterable has one key twice
   */
  static from(
    entries: Readonly<Record<Key, unknown>> | Iterable<readonly [Key, unknown]>,
  ): TaskGraph {
    return new TaskGraph(buildCore(entriesOf("TaskGraph.from", entries)));
  }

  /** How many tasks. */
  get size(): number {
    return this.core.size;
  }

  /** All keys, in the order in which they were added. */
  keys(): readonly Key[] {
    return Array.from({ length: this.size }, (_, t) => this.core.keys.at(t));
  }

  /** Whether the graph has a task with this key. */
  has(key: Key): boolean {
    return typeof key === "string" && this.core.keys.indexOf(key) >= 0;
  }

  /**
   * The keys as an array, when each has a task here.
   *
   * @param api - whom the error names
   * @throws GraphError `graph/missing-key`, `graph/invalid-argument`
   */
  checkKeys(api: string, keys: KeyList): readonly Key[] {
    const list = keyList(api, keys);
    for (const key of list) if (!this.has(key)) throw missingKey(api, key, this.core);
    return list;
  }

  /**
   * One task, readable: its inputs by key, its steps, its annotations.
   *
   * @throws GraphError `graph/missing-key`
   */
  get(key: Key): Task {
    const t = this.indexOf(key);
    const { core } = this;
    const program = core.programs[core.program[t] as number] as Program;
    const constants = constantsOf(core, t);
    const steps = program.steps.map(({ fn, args }) => ({
      fn,
      args: args.map((arg) =>
        mapLeaves(arg, (leaf) =>
          leaf.kind === "constant" ? { kind: "literal", value: constants[leaf.constant] } : leaf,
        ),
      ),
    }));
    const annotations = core.annotations[core.annotation[t] as number];
    return { key, inputs: this.dependencies(key), steps, annotations };
  }

  /**
   * Keys whose values the task reads, without duplicates. @throws GraphError `graph/missing-key`
   */
  dependencies(key: Key): readonly Key[] {
    return this.#row(this.core, this.indexOf(key));
  }

  /** Keys of the tasks that read this one. @throws GraphError `graph/missing-key` */
  dependents(key: Key): readonly Key[] {
    return this.#row(dependents(this.core), this.indexOf(key));
  }

  #row({ offsets, targets }: Pick<GraphCore, "offsets" | "targets">, t: number): readonly Key[] {
    return Array.from(targets.subarray(offsets[t], offsets[t + 1]), (i) => this.core.keys.at(i));
  }

  /** Number of a key inside `core`. @throws GraphError `graph/missing-key` */
  indexOf(key: Key): number {
    if (!this.has(key)) this.checkKeys("graph", [key]);
    return this.core.keys.indexOf(key);
  }

  /**
   * Both graphs as one. The same task under the same key is fine, and what either was advised by
   * annotations holds; a different one is refused.
   *
   * @throws GraphError `graph/key-conflict`
   */
  merge(other: TaskGraph): TaskGraph {
    if ((other as Partial<TaskGraph> | undefined)?.core === undefined) {
      throw invalidArgument("merge", "this is no graph", other, "a TaskGraph");
    }
    const core = mergeCores(this.core, other.core);
    return core === this.core ? this : new TaskGraph(core);
  }

  /** All keys, each after the keys it reads. @throws CycleError naming a cycle */
  toposort(): readonly Key[] {
    return Array.from(topologicalOrder(this.core), (t) => this.core.keys.at(t));
  }

  /** The part of the graph that `keys` need; all of it without `keys`. */
  materialize(keys?: KeyList): TaskGraph {
    if (keys === undefined) return this;
    const needed = this.checkKeys("materialize", keys).map((key) => this.indexOf(key));
    return new TaskGraph(cullCore(this.core, needed));
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

/** The task's own values. */
export function constantsOf(core: GraphCore, t: number): readonly unknown[] {
  return core.constants.slice(core.constantOffsets[t], core.constantOffsets[t + 1]);
}

/** Keys and what they stand for, from an object or from pairs. */
export function entriesOf(
  api: string,
  entries: Readonly<Record<Key, unknown>> | Iterable<readonly [Key, unknown]>,
): ReadonlyMap<Key, unknown> {
  const map = new Map<Key, unknown>();
  for (const pair of pairsOf(api, entries)) {
    if (!Array.isArray(pair) || pair.length !== 2) {
      throw invalidArgument(api, "an entry is no pair", pair, "an array of key and task");
    }
    const [key, value] = pair as [unknown, unknown];
    const name = checkKey(api, "bad key", key);
    if (map.has(name)) throw keyConflict(api, name);
    map.set(name, value);
  }
  return map;
}

function pairsOf(api: string, entries: unknown): Iterable<unknown> {
  if (typeof entries === "object" && entries !== null) {
    if (Symbol.iterator in entries) return entries as Iterable<unknown>;
    const prototype: unknown = Object.getPrototypeOf(entries);
    if (prototype === Object.prototype || prototype === null) return Object.entries(entries);
  }
  throw invalidArgument(api, "no entries", entries, "an object or pairs of key and task");
}

function buildCore(entries: ReadonlyMap<Key, unknown>): GraphCore {
  const names = [...entries.keys()];
  const numbers = new Map(names.map((key, i) => [key, i]));
  const builder = new CoreBuilder();
  parseEntries(entries.values()).forEach(({ program, inputs, constants, annotations }, t) => {
    builder.task(program, annotations);
    for (const input of inputs) {
      const number = numbers.get(input);
      if (number === undefined) throw missingInput(names[t] as Key, input, names);
      builder.input(number);
    }
    for (const constant of constants) builder.constant(constant);
  });
  return builder.build(listKeys(names));
}

function mergeCores(a: GraphCore, b: GraphCore): GraphCore {
  if (a === b || b.size === 0) return a;
  const names = Array.from({ length: a.size }, (_, t) => a.keys.at(t));
  const numbers = new Int32Array(b.size);
  const added: number[] = [];
  const advice = new Map<number, Annotations | undefined>();
  for (let t = 0; t < b.size; t++) {
    const key = b.keys.at(t);
    const known = a.keys.indexOf(key);
    if (known >= 0) joinAdvice(key, a, known, b, t, advice);
    numbers[t] = known >= 0 ? known : a.size + added.length;
    if (known < 0) {
      added.push(t);
      names.push(key);
    }
  }
  if (added.length === 0 && advice.size === 0) return a;
  const builder = new CoreBuilder();
  for (let t = 0; t < a.size; t++) {
    copyTask(a, t, builder, (input) => input, advice.has(t) ? advice.get(t) : annotationsOf(a, t));
  }
  for (const t of added) {
    copyTask(b, t, builder, (input) => numbers[input] as number, annotationsOf(b, t));
  }
  return builder.build(listKeys(names));
}

/** Checks that two tasks are one, and notes what both were advised together where that is news. */
function joinAdvice(
  key: Key,
  a: GraphCore,
  t: number,
  b: GraphCore,
  u: number,
  advice: Map<number, Annotations | undefined>,
): void {
  const known = annotationsOf(a, t);
  const both = mergeAnnotations(known, annotationsOf(b, u));
  if (both === undefined || !sameTask(a, t, b, u)) throw keyConflict("merge", key);
  if (!sameAnnotations(both.merged, known)) advice.set(t, both.merged);
}

function annotationsOf(core: GraphCore, t: number): Annotations | undefined {
  return core.annotations[core.annotation[t] as number];
}

/** Adds task `t` of `core` to a builder, its inputs renumbered. */
function copyTask(
  core: GraphCore,
  t: number,
  builder: CoreBuilder,
  renumber: (input: number) => number,
  annotations: Annotations | undefined,
): void {
  const program = core.programs[core.program[t] as number] as Program;
  builder.task(program, annotations);
  for (let e = core.offsets[t] as number; e < (core.offsets[t + 1] as number); e++) {
    builder.input(renumber(core.targets[e] as number));
  }
  for (const constant of constantsOf(core, t)) builder.constant(constant);
}

/** The error for two different tasks under one key. */
export function keyConflict(api: string, key: Key): GraphError {
  return new GraphError(
    "graph/key-conflict",
    `${api}: two different tasks have one key, got ${quoteValue(key)} twice, wanted one task a key. ` +
      "Give one of them another name.",
  );
}

function missingKey(api: string, key: Key, core: GraphCore): GraphError {
  const shown = Array.from({ length: Math.min(core.size, 8) }, (_, t) => core.keys.at(t));
  return new GraphError(
    "graph/missing-key",
    missingMessage(`${api}: no such key`, key, shown, core.size),
  );
}

function missingInput(key: Key, input: Key, names: readonly Key[]): GraphError {
  const what = `graph: the task ${quoteValue(key)} refers to a key that is not there`;
  return new GraphError(
    "graph/missing-key",
    missingMessage(what, input, names.slice(0, 8), names.length),
  );
}

function missingMessage(what: string, key: Key, shown: readonly Key[], count: number): string {
  const more = count > shown.length ? `, … (${count} keys)` : "";
  const names = count === 0 ? "(there are none)" : shown.map(quoteValue).join(", ");
  return `${what}, got ${quoteValue(key)}, wanted one of ${names}${more}.`;
}
