import type { Annotations } from "../annotations.ts";
import { mergeAnnotations, nest, sameAnnotations, withoutAnnotations } from "../annotations.ts";
import { checkOptions } from "../check-options.ts";
import type { Key } from "../key.ts";
import { checkKey } from "../key.ts";
import type { KeyTable } from "../key-table.ts";
import { listKeys, rangeKeys } from "../key-table.ts";
import type { Program } from "../program.ts";
import { identity } from "../program.ts";
import type { ParsedEntry } from "../task.ts";
import { holderOf, parseEntries } from "../task.ts";
import { TaskGraph, constantsOf, entriesOf } from "../task-graph.ts";
import type { Layer, LayerOptions, TaskSink } from "./layer.ts";
import { layerAnnotations, layerOptionNames } from "./layer.ts";
import type { Replacement } from "./replacement.ts";
import { replaceInSteps } from "./replacement.ts";

/**
 * Tasks that were written out one by one; they may refer to keys of other layers.
 *
 * @throws GraphError `graph/invalid-argument`, `graph/key-conflict` for a key given twice
 * @example
 * ```ts
 * import { LayeredGraph, MaterializedLayer, ref, task } from "@millrace/graph";
 *
 * const add = (x: number, y: number) => x + y;
 * const graph = new LayeredGraph()
 *   .withLayer(new MaterializedLayer("inputs", { a: 1 }))
 *   .withLayer(new MaterializedLayer("sums", { b: task(add, [ref("a"), 10]) }));
 * await graph.compute("b"); // => 11
 * ```
 */
export class MaterializedLayer implements Layer {
  /** Tells the layers apart. */
  readonly kind = "materialized";
  /** The name; where tasks were given as blocks or values, their keys begin with it. */
  readonly name: string;
  /** Advice for executors; what a task advises itself wins name by name. */
  readonly annotations: Annotations | undefined;
  readonly keys: KeyTable;
  /** The token that it was given, if any. */
  readonly token: string | undefined;
  readonly #entries: readonly ParsedEntry[];
  /** What tasks advise inside of what the layer does. */
  readonly #nested = new Map<Annotations, Annotations>();

  constructor(
    name: string,
    tasks:
      TaskGraph | Readonly<Record<Key, unknown>> | Iterable<readonly [Key, unknown]> | ParsedTasks,
    options: LayerOptions = {},
  ) {
    checkKey("MaterializedLayer", "bad layer name", name);
    checkOptions("MaterializedLayer", options, layerOptionNames);
    const { keys, entries } = tasks instanceof ParsedTasks ? tasks : parseTasks(name, tasks);
    this.name = name;
    this.annotations = layerAnnotations("MaterializedLayer", options);
    this.token = options.token;
    this.keys = keys;
    this.#entries = entries;
  }

  /**
   * One task a value, with the keys `<name>/0`, `<name>/1` …; references in values are filled in.
   */
  static blocks(
    name: string,
    values: readonly unknown[],
    options: LayerOptions = {},
  ): MaterializedLayer {
    const tasks = new ParsedTasks(rangeKeys(name, values.length), parseEntries(values));
    return new MaterializedLayer(name, tasks, options);
  }

  /** One task a value, as {@link MaterializedLayer.blocks}, but the values are not looked into. */
  static values(
    name: string,
    values: readonly unknown[],
    options: LayerOptions = {},
  ): MaterializedLayer {
    const entries = values.map((value) => ({
      ...(holderOf(value) === identity ? parsedValue : parsedPromise),
      constants: [value],
    }));
    const tasks = new ParsedTasks(rangeKeys(name, values.length), entries);
    return new MaterializedLayer(name, tasks, options);
  }

  /** Entries that were taken apart already, by key; in an array, with the keys of its blocks. */
  static parsed(
    name: string,
    parsed: ReadonlyMap<Key, ParsedEntry> | readonly ParsedEntry[],
    options: LayerOptions = {},
  ): MaterializedLayer {
    const keys = parsed instanceof Map ? listKeys([...parsed.keys()]) : undefined;
    const entries = [...parsed.values()];
    const tasks = new ParsedTasks(keys ?? rangeKeys(name, entries.length), entries);
    return new MaterializedLayer(name, tasks, options);
  }

  get size(): number {
    return this.#entries.length;
  }

  get layerInputs(): readonly string[] {
    return [];
  }

  get keyInputs(): readonly Key[] {
    return this.#entries.flatMap(({ inputs }) => inputs);
  }

  get content(): unknown {
    return this.#entries.map(({ program, inputs, constants }, i) => [
      this.keys.at(i),
      program.steps.map(({ fn, args }) => [fn, args]),
      inputs,
      constants,
    ]);
  }

  /** One task as it was taken apart. */
  entry(index: number): ParsedEntry {
    return this.#entries[index] as ParsedEntry;
  }

  replace(by: Replacement): MaterializedLayer {
    const programs = new Map<Program, Program>();
    const replaced = (program: Program): Program => {
      let known = programs.get(program);
      if (known === undefined) {
        const steps = replaceInSteps(program.steps, by);
        known = steps === program.steps ? program : { ...program, steps };
        programs.set(program, known);
      }
      return known;
    };
    const entries = this.#entries.map((entry) => ({
      ...entry,
      program: replaced(entry.program),
      constants: entry.constants.map((value) => by.value(value)),
    }));
    return this.#with(entries, { annotations: this.annotations });
  }

  joinAdvice(other: Layer): MaterializedLayer | undefined {
    const entries: ParsedEntry[] = [];
    let isNews = false;
    for (let index = 0; index < this.size; index++) {
      const own = this.adviceOf(index);
      const both = mergeAnnotations(own, (other as MaterializedLayer).adviceOf(index));
      if (both === undefined) return undefined;
      isNews ||= !sameAnnotations(both.merged, own);
      entries.push({ ...this.entry(index), annotations: both.merged });
    }
    return isNews
      ? this.#with(entries, this.token === undefined ? {} : { token: this.token })
      : this;
  }

  #with(entries: readonly ParsedEntry[], options: LayerOptions): MaterializedLayer {
    const tasks = new ParsedTasks(this.keys, entries);
    return withoutAnnotations(() => new MaterializedLayer(this.name, tasks, options));
  }

  /** What is advised for one task. */
  adviceOf(index: number): Annotations | undefined {
    const own = this.entry(index).annotations;
    if (own === undefined || this.annotations === undefined) return own ?? this.annotations;
    let nested = this.#nested.get(own);
    if (nested === undefined) {
      nested = nest(this.annotations, own);
      this.#nested.set(own, nested);
    }
    return nested;
  }

  expand(index: number, sink: TaskSink): void {
    const { program, inputs, constants } = this.entry(index);
    sink.task(program, this.adviceOf(index));
    for (const input of inputs) sink.key(input);
    for (const constant of constants) sink.constant(constant);
  }
}

const [parsedValue, parsedPromise] = parseEntries([0, Promise.resolve()]) as [
  ParsedEntry,
  ParsedEntry,
];

/** Tasks that were taken apart already. */
export class ParsedTasks {
  readonly keys: KeyTable;
  readonly entries: readonly ParsedEntry[];

  constructor(keys: KeyTable, entries: readonly ParsedEntry[]) {
    this.keys = keys;
    this.entries = entries;
  }
}

function parseTasks(
  name: string,
  tasks: TaskGraph | Readonly<Record<Key, unknown>> | Iterable<readonly [Key, unknown]>,
): ParsedTasks {
  if (!(tasks instanceof TaskGraph)) {
    const entries = entriesOf("MaterializedLayer", tasks);
    return new ParsedTasks(listKeys([...entries.keys()]), parseEntries(entries.values()));
  }
  const { core } = tasks;
  // Keys that begin with the name of another layer would be looked for there.
  const isOwn = core.keys.prefix === undefined || core.keys.prefix === rangeKeys(name, 0).prefix;
  const entries = Array.from({ length: core.size }, (_, t) => ({
    program: core.programs[core.program[t] as number] as Program,
    inputs: Array.from(core.targets.subarray(core.offsets[t], core.offsets[t + 1]), (input) =>
      core.keys.at(input),
    ),
    constants: constantsOf(core, t),
    annotations: core.annotations[core.annotation[t] as number],
  }));
  return new ParsedTasks(isOwn ? core.keys : listKeys(tasks.keys()), entries);
}
