import type { Annotations, Call, IndexMap, Key, Layer, Program } from "@millrace/graph";
import { BlockwiseLayer, MaterializedLayer, ShuffleLayer, TreeReduceLayer } from "@millrace/graph";
import { invalidArgument } from "../../errors.ts";
import { nameOf } from "../../scheduler/stand-in.ts";
import { IndexPart, LayerFlag, ProgramCode, blockInputCodes, layerCodes } from "./format.ts";
import type { PlanWriter } from "./plan-writer.ts";
import { writeProgram, writeSteps } from "./write-program.ts";
import type { KeyWriter } from "./write-keys.ts";

/** The layers that graph has: each kind is a case below. */
export type AnyLayer = MaterializedLayer | BlockwiseLayer | TreeReduceLayer | ShuffleLayer;

/** Writes layers one after another; what several share is written once. */
export class LayerWriter {
  readonly annotations: Annotations[] = [];
  readonly #plan: PlanWriter;
  readonly #keys: KeyWriter;
  readonly #annotationNumbers = new Map<Annotations, number>();
  readonly #programs = new Map<Program, number>();
  #lastProgram: Program | undefined;

  constructor(plan: PlanWriter, keys: KeyWriter) {
    this.#plan = plan;
    this.#keys = keys;
  }

  /** Writes a layer; `standsFor` is the number of the layer that it stands for. */
  write(layer: Layer, standsFor: number | undefined): void {
    const known = checkLayer(layer);
    const { name, token, annotations } = known;
    const plan = this.#plan;
    const flags =
      (token === undefined ? 0 : LayerFlag.token) |
      (annotations === undefined ? 0 : LayerFlag.annotations) |
      (standsFor === undefined ? 0 : LayerFlag.standsFor);
    plan.natural(layerCodes[known.kind] | flags);
    this.#name(name);
    if (token !== undefined) plan.text(token);
    if (annotations !== undefined) plan.natural(this.#annotationNumber(annotations));
    if (standsFor !== undefined) plan.natural(standsFor);
    switch (known.kind) {
      case "materialized":
        return this.#materialized(known);
      case "blockwise":
        return this.#blockwise(known);
      case "tree-reduce":
        this.#name(known.input);
        plan.natural(known.count);
        plan.natural(known.splitEvery);
        this.#call(known.combine);
        return this.#call(known.aggregate);
      case "shuffle":
        this.#name(known.input);
        plan.natural(known.count);
        plan.natural(known.npartitions);
        this.#call(known.split);
        plan.natural(known.shared.length);
        for (const key of known.shared) this.#keys.write(key);
        return this.#call(known.join);
    }
  }

  #name(name: string): void {
    this.#plan.natural(this.#keys.nameNumber(name));
  }

  #annotationNumber(annotations: Annotations): number {
    let number = this.#annotationNumbers.get(annotations);
    if (number === undefined) {
      number = this.annotations.push(annotations) - 1;
      this.#annotationNumbers.set(annotations, number);
    }
    return number;
  }

  #materialized(layer: MaterializedLayer): void {
    const { keys, name, size } = layer;
    const plan = this.#plan;
    const isRange = keys.prefix === `${name}/`;
    const indexes = Array.from({ length: size }, (_, index) => index);
    const isAdvised = indexes.some((index) => layer.entry(index).annotations !== undefined);
    plan.natural(size);
    plan.natural((isRange ? 1 : 0) + (isAdvised ? 2 : 0));
    if (!isRange) for (const index of indexes) this.#keys.write(keys.at(index));
    for (const index of indexes) {
      const { program, inputs, constants, annotations } = layer.entry(index);
      this.#program(program);
      checkCounts(keys.at(index), program, inputs, constants);
      for (const input of inputs) this.#keys.write(input);
      for (const constant of constants) plan.values.add(constant);
      // Zero for none.
      if (isAdvised) plan.natural(annotations ? this.#annotationNumber(annotations) + 1 : 0);
    }
  }

  #program(program: Program): void {
    const plan = this.#plan;
    if (program === this.#lastProgram) return plan.natural(ProgramCode.same);
    this.#lastProgram = program;
    const known = this.#programs.get(program);
    if (known !== undefined) return plan.natural(ProgramCode.known + known);
    this.#programs.set(program, this.#programs.size);
    plan.natural(ProgramCode.fresh);
    writeProgram(plan, program, nameOf);
  }

  #blockwise({ size, inputs, program }: BlockwiseLayer): void {
    const plan = this.#plan;
    plan.natural(size);
    plan.natural(inputs.length);
    for (const input of inputs) {
      plan.natural(blockInputCodes[input.kind]);
      switch (input.kind) {
        case "block":
          this.#name(input.layer);
          writeIndexMap(plan, input.index);
          break;
        case "blocks":
          this.#name(input.layer);
          writeIndexMap(plan, input.start);
          break;
        case "key":
          this.#keys.write(input.key);
          break;
        case "index":
          break;
        case "values":
          for (const value of input.values) plan.values.add(value);
          break;
      }
    }
    plan.natural(program.steps.length);
    writeSteps(plan, program.steps, nameOf);
  }

  /** Arguments that are not there are zero, others one more than their number. */
  #call({ fn, args }: Call): void {
    const plan = this.#plan;
    plan.natural(plan.values.functionNumber(nameOf(fn)));
    plan.natural(args === undefined ? 0 : args.length + 1);
    for (const arg of args ?? []) plan.values.add(arg);
  }
}

/** Which parts a map has and which are below zero, then how great each is; zero for no map. */
function writeIndexMap(plan: PlanWriter, map: IndexMap | undefined): void {
  if (map === undefined) return plan.natural(0);
  const { times, plus, over, modulo } = map;
  const parts = [times, plus, over, modulo];
  let flags: number = IndexPart.there;
  parts.forEach((part, p) => {
    if (part !== undefined) flags |= IndexPart.given << p;
    if (part !== undefined && part < 0) flags |= IndexPart.negative << p;
  });
  plan.natural(flags);
  for (const part of parts) if (part !== undefined) plan.natural(Math.abs(part));
}

function checkLayer(layer: Layer): AnyLayer {
  const isKnown =
    layer instanceof MaterializedLayer ||
    layer instanceof BlockwiseLayer ||
    layer instanceof TreeReduceLayer ||
    layer instanceof ShuffleLayer;
  if (isKnown) return layer;
  const wanted = "one of the layers of @millrace/graph";
  throw invalidArgument("encodeGraph", "no such layer", layer.kind, wanted, "Use one copy of it.");
}

function checkCounts(
  key: Key,
  { inputCount, constantCount }: Program,
  inputs: readonly Key[],
  constants: readonly unknown[],
): void {
  if (inputs.length === inputCount && constants.length === constantCount) return;
  throw invalidArgument(
    "encodeGraph",
    `the task ${JSON.stringify(key)} has not what its program reads`,
    `${inputs.length} inputs and ${constants.length} constants`,
    `${inputCount} and ${constantCount}`,
    "Make tasks with task().",
  );
}
