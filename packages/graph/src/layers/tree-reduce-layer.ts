import type { Annotations } from "../annotations.ts";
import { withoutAnnotations, withoutUndefined } from "../annotations.ts";
import { checkOptions } from "../check-options.ts";
import type { Key } from "../key.ts";
import type { KeyTable } from "../key-table.ts";
import { rangeKeys } from "../key-table.ts";
import type { Arg } from "../arg.ts";
import type { Program } from "../program.ts";
import { makeProgram } from "../program.ts";
import type { Call, Layer, LayerOptions, TaskSink } from "./layer.ts";
import {
  checkCall,
  checkCount,
  checkInputName,
  checkLayerName,
  joinedAdvice,
  layerAnnotations,
  layerOptionNames,
} from "./layer.ts";
import type { Replacement } from "./replacement.ts";
import { replaceInCall } from "./replacement.ts";

/** What a {@link TreeReduceLayer} is made of. */
export interface TreeReduceOptions extends LayerOptions {
  /** The layer whose blocks are reduced. */
  readonly input: string;
  /** How many blocks it has. */
  readonly count: number;
  /** At most this many parts go into one task; 2 or more, default 8. */
  readonly splitEvery?: number;
  /** From an array of parts to one part. */
  readonly combine: Call;
  /** From the last array of parts to the result; default: as `combine`. */
  readonly aggregate?: Call;
}

/** Most parts that one task of a reduction takes, unless told otherwise. */
export const splitEveryDefault = 8;

/**
 * Reduces the blocks of a layer to one value through a tree of tasks. Task 0, `<name>/0`, is the
 * result. No blocks at all is fine: `aggregate` then gets an empty array.
 *
 * Shape: `count` parts are grouped evenly (boundary i is `floor(i · parts / groups)`), level by
 * level, until at most `splitEvery` are left for the result.
 *
 * @throws GraphError `graph/invalid-argument`
 * @example
 * ```ts
 * import { BlockwiseLayer, LayeredGraph, TreeReduceLayer } from "@millrace/graph";
 *
 * const sum = (parts: number[]) => parts.reduce((a, b) => a + b, 0);
 * const graph = new LayeredGraph()
 *   .withLayer(
 *     new BlockwiseLayer("numbers", {
 *       count: 100,
 *       inputs: [{ kind: "index" }],
 *       steps: [{ fn: (i: number) => i, args: [{ kind: "input", input: 0 }] }],
 *     }),
 *   )
 *   .withLayer(
 *     new TreeReduceLayer("total", {
 *       input: "numbers",
 *       count: 100,
 *       splitEvery: 4,
 *       combine: { fn: sum },
 *     }),
 *   );
 * await graph.compute("total/0"); // => 4950
 * ```
 */
export class TreeReduceLayer implements Layer {
  /** Tells the layers apart. */
  readonly kind = "tree-reduce";
  /** The name, which its keys begin with. */
  readonly name: string;
  readonly size: number;
  /** Advice for executors, which all its tasks get. */
  readonly annotations: Annotations | undefined;
  /** The token that it was given, if any. */
  readonly token: string | undefined;
  /** Name of the layer whose blocks are reduced. */
  readonly input: string;
  /** How many blocks it has. */
  readonly count: number;
  /** At most this many parts go into one task. */
  readonly splitEvery: number;
  /** From parts to one part. */
  readonly combine: Call;
  /** From the last parts to the result. */
  readonly aggregate: Call;
  /** Numbers of parts, from the result (1) down to the blocks. */
  readonly levels: readonly number[];
  readonly #programs = new Map<string, Program>();

  constructor(name: string, options: TreeReduceOptions) {
    const api = "TreeReduceLayer";
    checkOptions(api, options, optionNames);
    const { splitEvery = splitEveryDefault } = options;
    this.name = checkLayerName(api, name);
    this.input = checkInputName(api, options.input);
    this.count = checkCount(api, "count", options.count, 0);
    this.splitEvery = checkCount(api, "splitEvery", splitEvery, 2);
    this.combine = checkCall(api, options.combine);
    this.aggregate = checkCall(api, options.aggregate ?? options.combine);
    this.annotations = layerAnnotations(api, options);
    this.token = options.token;
    const levels = [this.count];
    for (let parts = this.count; parts > splitEvery;) {
      parts = Math.ceil(parts / splitEvery);
      levels.unshift(parts);
    }
    this.levels = [1, ...levels];
    const size = this.levels.slice(0, -1).reduce((a, b) => a + b, 0);
    this.size = checkCount(api, "number of tasks", size, 0);
  }

  get keys(): KeyTable {
    return rangeKeys(this.name, this.size);
  }

  get layerInputs(): readonly string[] {
    return [this.input];
  }

  get keyInputs(): readonly Key[] {
    return [];
  }

  get content(): unknown {
    return [this.input, this.count, this.splitEvery, this.combine, this.aggregate];
  }

  expand(index: number, sink: TaskSink): void {
    let level = 0;
    let first = 0;
    while (index >= first + (this.levels[level] as number)) first += this.levels[level++] as number;
    const groups = this.levels[level] as number;
    const parts = this.levels[level + 1] as number;
    const group = index - first;
    const start = Math.floor((group * parts) / groups);
    const end = Math.floor(((group + 1) * parts) / groups);
    sink.task(this.#program(level === 0, end - start), this.annotations);
    const isLeaf = level + 2 === this.levels.length;
    for (let part = start; part < end; part++) {
      if (isLeaf) sink.block(this.input, part);
      else sink.block(this.name, first + groups + part);
    }
  }

  replace(by: Replacement): TreeReduceLayer {
    const combine = replaceInCall(this.combine, by);
    return this.#with({ combine, aggregate: replaceInCall(this.aggregate, by) });
  }

  joinAdvice(other: Layer): TreeReduceLayer | undefined {
    const kept = withoutUndefined({ token: this.token });
    return joinedAdvice(this, other, (annotations) => this.#with({ ...kept, annotations }));
  }

  /** The same layer but for some options; the token is left out. */
  #with(changes: Partial<TreeReduceOptions>): TreeReduceLayer {
    const { input, count, splitEvery, combine, aggregate, annotations } = this;
    const same = { input, count, splitEvery, combine, aggregate, annotations };
    return withoutAnnotations(() => new TreeReduceLayer(this.name, { ...same, ...changes }));
  }

  #program(isResult: boolean, count: number): Program {
    const name = `${isResult}:${count}`;
    let program = this.#programs.get(name);
    if (program === undefined) {
      const { fn, args = [] } = isResult ? this.aggregate : this.combine;
      program = makeProgram(
        [{ fn, args: [{ kind: "inputs", start: 0, count }, ...args.map(literal)] }],
        count,
        0,
      );
      this.#programs.set(name, program);
    }
    return program;
  }
}

const optionNames = ["input", "count", "splitEvery", "combine", "aggregate", ...layerOptionNames];

/** A value written into a program. */
export function literal(value: unknown): Arg {
  return { kind: "literal", value };
}
