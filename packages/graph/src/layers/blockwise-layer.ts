import type { Annotations } from "../annotations.ts";
import { withoutAnnotations, withoutUndefined } from "../annotations.ts";
import { checkOptions } from "../check-options.ts";
import { invalidArgument, quoteValue } from "../errors.ts";
import type { Key } from "../key.ts";
import { keyList } from "../key.ts";
import type { KeyTable } from "../key-table.ts";
import { rangeKeys } from "../key-table.ts";
import type { Arg } from "../arg.ts";
import type { Program, Step } from "../program.ts";
import { forEachLeaf, mapLeaves } from "../arg.ts";
import { makeProgram } from "../program.ts";
import type { IndexMap } from "./index-map.ts";
import { checkIndexMap, mapIndex } from "./index-map.ts";
import type { Layer, LayerOptions, TaskSink } from "./layer.ts";
import {
  checkCount,
  checkInputName,
  checkLayerName,
  joinedAdvice,
  layerAnnotations,
  layerOptionNames,
} from "./layer.ts";
import type { Replacement } from "./replacement.ts";
import { replaceInSteps } from "./replacement.ts";

/** What a block of a blockwise layer is made from; block `i` of the layer gets: */
export type BlockInput =
  /** one block of another layer: block `i`, or that which the map names */
  | { readonly kind: "block"; readonly layer: string; readonly index?: IndexMap }
  /** an array of consecutive blocks: from `start(i)` up to, without, `start(i + 1)` */
  | { readonly kind: "blocks"; readonly layer: string; readonly start: IndexMap }
  /** the value of one task, the same for all blocks */
  | { readonly kind: "key"; readonly key: Key }
  /** the number `i` */
  | { readonly kind: "index" }
  /** `values[i]` */
  | { readonly kind: "values"; readonly values: readonly unknown[] };

/** What a {@link BlockwiseLayer} is made of. */
export interface BlockwiseOptions extends LayerOptions {
  /** How many blocks, each one task. */
  readonly count: number;
  /** What each block gets; `{ kind: "input", input: n }` in the steps means entry `n`. */
  readonly inputs: readonly BlockInput[];
  /** The program of every block. */
  readonly steps: readonly Step[];
  /** The layer of the same name whose values this one gives in another way. */
  readonly standsFor?: Layer;
}

/**
 * The same program for every block, block `i` of the output from block `i` of its inputs (or from
 * those that an index map names). A million tasks are one small value until an executor asks for
 * them.
 *
 * @throws GraphError `graph/invalid-argument`
 * @example
 * ```ts
 * import { BlockwiseLayer, LayeredGraph } from "@millrace/graph";
 *
 * const square = (x: number) => x * x;
 * const layer = new BlockwiseLayer("squares", {
 *   count: 1_000_000,
 *   inputs: [{ kind: "index" }],
 *   steps: [{ fn: square, args: [{ kind: "input", input: 0 }] }],
 * });
 * const graph = new LayeredGraph().withLayer(layer);
 * graph.size; // => 1_000_000
 * await graph.compute("squares/12"); // => 144
 * ```
 */
export class BlockwiseLayer implements Layer {
  /** Tells the layers apart. */
  readonly kind = "blockwise";
  /** The name, which its keys begin with. */
  readonly name: string;
  readonly size: number;
  /** What each block is made from. */
  readonly inputs: readonly BlockInput[];
  /** The program over the entries of `inputs`. */
  readonly program: Program;
  /** Advice for executors, which all its tasks get. */
  readonly annotations: Annotations | undefined;
  /** The token that it was given, if any. */
  readonly token: string | undefined;
  /** The layer of the same name whose values this one gives in another way. */
  readonly standsFor: Layer | undefined;
  readonly #concrete = new Map<string, Program>();
  #fixed: Program | undefined;

  constructor(name: string, options: BlockwiseOptions) {
    checkOptions(api, options, optionNames);
    this.name = checkLayerName(api, name);
    this.size = checkCount(api, "count", options.count, 0);
    this.inputs = checkInputs(options.inputs, this.size);
    this.program = makeProgram(
      checkSteps(options.steps, this.inputs.length),
      this.inputs.length,
      0,
    );
    this.annotations = layerAnnotations(api, options);
    this.token = options.token;
    this.standsFor = options.standsFor;
  }

  get keys(): KeyTable {
    return rangeKeys(this.name, this.size);
  }

  get layerInputs(): readonly string[] {
    return this.inputs.flatMap((input) =>
      input.kind === "block" || input.kind === "blocks" ? [input.layer] : [],
    );
  }

  get keyInputs(): readonly Key[] {
    return this.inputs.flatMap((input) => (input.kind === "key" ? [input.key] : []));
  }

  get content(): unknown {
    return [this.size, this.inputs, this.program.steps.map(({ fn, args }) => [fn, args])];
  }

  expand(index: number, sink: TaskSink): void {
    sink.task(this.#programFor(index), this.annotations);
    for (const input of this.inputs) {
      switch (input.kind) {
        case "block":
          sink.block(input.layer, mapIndex(input.index, index));
          break;
        case "blocks": {
          const end = mapIndex(input.start, index + 1);
          for (let b = mapIndex(input.start, index); b < end; b++) sink.block(input.layer, b);
          break;
        }
        case "key":
          sink.key(input.key);
          break;
        case "index":
          sink.constant(index);
          break;
        case "values":
          sink.constant(input.values[index]);
          break;
      }
    }
  }

  replace(by: Replacement): BlockwiseLayer {
    const inputs = this.inputs.map((input): BlockInput =>
      input.kind === "values"
        ? { kind: "values", values: input.values.map((value) => by.value(value)) }
        : input,
    );
    return this.#with({ inputs, steps: replaceInSteps(this.program.steps, by) });
  }

  joinAdvice(other: Layer): BlockwiseLayer | undefined {
    const { token, standsFor } = this;
    const kept = withoutUndefined({ token, standsFor });
    return joinedAdvice(this, other, (annotations) => this.#with({ ...kept, annotations }));
  }

  /** The same layer but for some options; token and `standsFor` are left out. */
  #with(changes: Partial<BlockwiseOptions>): BlockwiseLayer {
    const { size: count, inputs, annotations } = this;
    const { steps } = this.program;
    return withoutAnnotations(
      () => new BlockwiseLayer(this.name, { count, inputs, steps, annotations, ...changes }),
    );
  }

  /**
   * The program over a task's inputs and constants; it depends on how many blocks the ranges hold.
   */
  #programFor(index: number): Program {
    if (this.#fixed !== undefined) return this.#fixed;
    const counts = this.inputs.map((input) =>
      input.kind === "blocks" ? mapIndex(input.start, index + 1) - mapIndex(input.start, index) : 1,
    );
    const name = counts.join();
    let program = this.#concrete.get(name);
    if (program === undefined) {
      program = concreteProgram(this.program, this.inputs, counts);
      this.#concrete.set(name, program);
    }
    if (!this.inputs.some((input) => input.kind === "blocks")) this.#fixed = program;
    return program;
  }
}

const api = "BlockwiseLayer";
const optionNames = ["count", "inputs", "steps", "standsFor", ...layerOptionNames];

/** The inputs, checked and copied: what becomes of the array later concerns no layer. */
function checkInputs(inputs: readonly BlockInput[], count: number): readonly BlockInput[] {
  if (!Array.isArray(inputs))
    throw invalidArgument(api, "bad inputs", inputs, "an array of inputs");
  return (inputs as readonly BlockInput[]).map((input, n) => checkInput(input, n, count));
}

function checkInput(input: BlockInput, n: number, count: number): BlockInput {
  const kind: unknown = (input as BlockInput | undefined)?.kind;
  if (!inputKinds.some((known) => known === kind)) {
    const wanted = `one whose kind is ${inputKinds.map(quoteValue).join(", ")}`;
    throw invalidArgument(api, `input ${n} is of no kind`, input, wanted);
  }
  if (input.kind === "block" || input.kind === "blocks") checkInputName(api, input.layer);
  if (input.kind === "block" && input.index !== undefined) checkIndexMap(api, input.index);
  if (input.kind === "blocks") checkStart(input.start, count);
  if (input.kind === "key") keyList(api, [input.key]);
  if (input.kind !== "values") return { ...input };
  if (!Array.isArray(input.values) || input.values.length !== count) {
    const wanted = `${count} values, one a block`;
    throw invalidArgument(api, "wrong number of values", input.values?.length, wanted);
  }
  return { kind: "values", values: [...input.values] };
}

const inputKinds: readonly BlockInput["kind"][] = ["block", "blocks", "key", "index", "values"];

/** Ranges of blocks end where the next one starts, so that a start must not fall. */
function checkStart(start: IndexMap, count: number): void {
  checkIndexMap(api, start);
  const { times = 1, modulo } = start;
  const last = mapIndex({ ...start, modulo: undefined }, count);
  const first = mapIndex({ ...start, modulo: undefined }, 0);
  const isOneTurn =
    modulo === undefined || Math.floor(first / modulo) === Math.floor(last / modulo);
  if (count === 0 || (times >= 0 && isOneTurn)) return;
  throw invalidArgument(
    api,
    "the start of a range of blocks falls",
    JSON.stringify(start),
    "an index map that never gives less for the next block",
  );
}

function checkSteps(steps: readonly Step[], inputCount: number): readonly Step[] {
  if (!Array.isArray(steps)) throw invalidArgument(api, "bad steps", steps, "an array of steps");
  if (steps.length === 0) throw invalidArgument(api, "no steps", steps, "one step or more");
  return (steps as readonly Step[]).map((step, s) => {
    const { fn, args } = step ?? {};
    if (typeof fn !== "function") {
      throw invalidArgument(api, `step ${s} calls no function`, fn, "a function as fn");
    }
    if (!Array.isArray(args)) {
      throw invalidArgument(api, `step ${s} has no arguments`, args, "an array as args");
    }
    for (const arg of args as readonly Arg[])
      forEachLeaf(arg, (leaf) => checkLeaf(leaf, s, inputCount));
    return { fn, args: [...(args as readonly Arg[])] };
  });
}

function checkLeaf(leaf: Arg, s: number, inputCount: number): void {
  const isBelow = (n: number, limit: number): boolean => Number.isInteger(n) && n >= 0 && n < limit;
  const fits =
    leaf.kind === "literal" ||
    (leaf.kind === "input" && isBelow(leaf.input, inputCount)) ||
    (leaf.kind === "step" && isBelow(leaf.step, s));
  if (fits) return;
  const wanted = "literals, entries of inputs and earlier steps";
  throw invalidArgument(api, `step ${s} has a bad argument`, JSON.stringify(leaf), wanted);
}

/** Numbers the entries of a layer's `inputs` as the inputs and constants of one task. */
function concreteProgram(
  program: Program,
  entries: readonly BlockInput[],
  counts: readonly number[],
): Program {
  let inputCount = 0;
  let constantCount = 0;
  const args = entries.map((entry, n): Arg => {
    switch (entry.kind) {
      case "block":
      case "key":
        return { kind: "input", input: inputCount++ };
      case "blocks": {
        const count = counts[n] as number;
        const start = inputCount;
        inputCount += count;
        return { kind: "inputs", start, count };
      }
      case "index":
      case "values":
        return { kind: "constant", constant: constantCount++ };
    }
  });
  const steps = program.steps.map((step) => ({
    fn: step.fn,
    args: step.args.map((arg) =>
      mapLeaves(arg, (leaf) => (leaf.kind === "input" ? (args[leaf.input] as Arg) : leaf)),
    ),
  }));
  return makeProgram(steps, inputCount, constantCount);
}
