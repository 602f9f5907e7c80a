import type {
  Annotations,
  BlockInput,
  Call,
  IndexMap,
  Key,
  Layer,
  LayerOptions,
  Program,
} from "@millrace/graph";
import {
  BlockwiseLayer,
  MaterializedLayer,
  ShuffleLayer,
  TreeReduceLayer,
  makeProgram,
} from "@millrace/graph";
import { standIn } from "../../scheduler/stand-in.ts";
import { corruptGraph } from "../value/corrupt.ts";
import { IndexPart, LayerFlag, ProgramCode, blockInputCodes, layerCodes } from "./format.ts";
import type { KeyReader } from "./read-keys.ts";
import type { PlanReader } from "./plan-reader.ts";
import { entryOf } from "./plan-reader.ts";
import { readProgram, readSteps } from "./read-program.ts";

type Entry = ReturnType<MaterializedLayer["entry"]>;

/** Many entries have none of something. */
const none: readonly never[] = Object.freeze([]);

/** Reads the layers that a `LayerWriter` wrote. */
export class LayerReader {
  readonly #plan: PlanReader;
  readonly #keys: KeyReader;
  readonly #annotations: readonly Annotations[];
  readonly #layers: Layer[] = [];
  readonly #programs: Program[] = [];
  #lastProgram: Program | undefined;

  constructor(plan: PlanReader, keys: KeyReader, annotations: readonly Annotations[]) {
    this.#plan = plan;
    this.#keys = keys;
    this.#annotations = annotations;
  }

  /** The next layer, which may stand for one that was read before. */
  read(): Layer {
    const plan = this.#plan;
    const head = plan.natural();
    const code = head % LayerFlag.token;
    const flags = head - code;
    if (flags > allFlags) throw corruptGraph("a layer of which too much is said");
    const name = this.#name();
    const token = (flags & LayerFlag.token) === 0 ? undefined : plan.text();
    const annotations =
      (flags & LayerFlag.annotations) === 0
        ? undefined
        : entryOf(this.#annotations, plan.natural());
    const standsFor =
      (flags & LayerFlag.standsFor) === 0 ? undefined : entryOf(this.#layers, plan.natural());
    const options = { annotations, ...(token === undefined ? {} : { token }) };
    const layer = this.#layer(code, name, options, standsFor);
    this.#layers.push(layer);
    return layer;
  }

  #layer(code: number, name: string, options: LayerOptions, standsFor: Layer | undefined): Layer {
    const kind = kindOf(layerCodes, code);
    if (standsFor !== undefined && kind !== "blockwise") throw corruptGraph("a layer that stands");
    switch (kind) {
      case "materialized":
        return this.#materialized(name, options);
      case "blockwise":
        return this.#blockwise(name, options, standsFor);
      case "tree-reduce":
        return new TreeReduceLayer(name, {
          ...options,
          input: this.#name(),
          count: this.#plan.natural(),
          splitEvery: this.#plan.natural(),
          combine: this.#call(),
          aggregate: this.#call(),
        });
      case "shuffle":
        return new ShuffleLayer(name, {
          ...options,
          input: this.#name(),
          count: this.#plan.natural(),
          npartitions: this.#plan.natural(),
          split: this.#call(),
          shared: this.#readKeys(this.#plan.count()),
          join: this.#call(),
        });
    }
  }

  /** A name, which its layer looks through. */
  #name(): string {
    const name = this.#keys.name();
    this.#plan.spend(name.length);
    return name;
  }

  #readKeys(count: number): Key[] {
    this.#plan.need(count);
    return Array.from({ length: count }, () => this.#keys.next());
  }

  #materialized(name: string, options: LayerOptions): MaterializedLayer {
    const plan = this.#plan;
    const size = plan.count();
    const flags = plan.natural();
    if (flags > 3) throw corruptGraph("tasks of which too much is said");
    const keys = flags % 2 === 1 ? undefined : this.#readKeys(size);
    const entries: Entry[] = [];
    for (let index = 0; index < size; index++) entries.push(this.#entry(flags >= 2));
    if (keys === undefined) return MaterializedLayer.parsed(name, entries, options);
    const parsed = new Map(keys.map((key, index) => [key, entries[index] as Entry]));
    if (parsed.size < size) throw corruptGraph("two tasks of one key");
    return MaterializedLayer.parsed(name, parsed, options);
  }

  #entry(isAdvised: boolean): Entry {
    const plan = this.#plan;
    const program = this.#program();
    const { inputCount, constantCount } = program;
    const inputs = inputCount === 0 ? none : this.#readKeys(inputCount);
    const constants = constantCount === 0 ? none : plan.values.take(constantCount);
    const advice = isAdvised ? plan.natural() : 0;
    const annotations = advice === 0 ? undefined : entryOf(this.#annotations, advice - 1);
    return { program, inputs, constants, annotations };
  }

  #program(): Program {
    const plan = this.#plan;
    const code = plan.natural();
    if (code === ProgramCode.fresh) {
      const { steps, inputCount, constantCount } = readProgram(plan, standIn);
      // Takes memory for every input, and the inputs of its first task come next.
      plan.need(inputCount);
      this.#lastProgram = makeProgram(steps, inputCount, constantCount);
      this.#programs.push(this.#lastProgram);
    } else if (code !== ProgramCode.same) {
      this.#lastProgram = entryOf(this.#programs, code - ProgramCode.known);
    }
    if (this.#lastProgram === undefined) throw corruptGraph("a task without a program");
    return this.#lastProgram;
  }

  #blockwise(name: string, options: LayerOptions, standsFor: Layer | undefined): BlockwiseLayer {
    const plan = this.#plan;
    const count = plan.natural();
    const inputs = Array.from({ length: plan.count() }, () => this.#blockInput(count));
    const steps = readSteps(plan, plan.count(), inputs.length, 0, standIn);
    const more = standsFor === undefined ? {} : { standsFor };
    return new BlockwiseLayer(name, { ...options, ...more, count, inputs, steps });
  }

  #blockInput(count: number): BlockInput {
    const plan = this.#plan;
    const kind = kindOf(blockInputCodes, plan.natural());
    switch (kind) {
      case "block": {
        const layer = this.#keys.name();
        const index = readIndexMap(plan);
        return { kind, layer, ...(index === undefined ? {} : { index }) };
      }
      case "blocks": {
        const layer = this.#keys.name();
        const start = readIndexMap(plan);
        if (start === undefined) throw corruptGraph("blocks from nowhere on");
        return { kind, layer, start };
      }
      case "key":
        return { kind, key: this.#keys.next() };
      case "index":
        return { kind };
      case "values":
        return { kind, values: plan.values.take(count) };
    }
  }

  #call(): Call {
    const plan = this.#plan;
    const fn = standIn(plan.values.functionAt(plan.natural()));
    const argCount = plan.natural();
    return argCount === 0 ? { fn } : { fn, args: plan.values.take(argCount - 1) };
  }
}

const allFlags: number = LayerFlag.token | LayerFlag.annotations | LayerFlag.standsFor;

function kindOf<K extends string>(codes: Readonly<Record<K, number>>, code: number): K {
  for (const kind in codes) if (codes[kind] === code) return kind;
  throw corruptGraph(`something of the kind ${code}`);
}

function readIndexMap(plan: PlanReader): IndexMap | undefined {
  const flags = plan.natural();
  if (flags === 0) return undefined;
  if (flags > IndexPart.all || (flags & IndexPart.there) === 0) {
    throw corruptGraph("an index map of too many parts");
  }
  const part = (p: number): number | undefined => {
    if ((flags & (IndexPart.given << p)) === 0) return undefined;
    const size = plan.natural();
    return (flags & (IndexPart.negative << p)) === 0 ? size : -size;
  };
  const [times, plus, over, modulo] = [part(0), part(1), part(2), part(3)];
  return {
    ...(times === undefined ? {} : { times }),
    ...(plus === undefined ? {} : { plus }),
    ...(over === undefined ? {} : { over }),
    ...(modulo === undefined ? {} : { modulo }),
  };
}
