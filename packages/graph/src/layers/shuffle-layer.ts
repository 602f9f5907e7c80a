import type { Annotations } from "../annotations.ts";
import { withoutAnnotations, withoutUndefined } from "../annotations.ts";
import { checkOptions } from "../check-options.ts";
import type { Arg } from "../arg.ts";
import type { Key } from "../key.ts";
import { keyList } from "../key.ts";
import type { KeyTable } from "../key-table.ts";
import { rangeKeys } from "../key-table.ts";
import type { Program } from "../program.ts";
import { checkPieces, gather, makeProgram } from "../program.ts";
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
import { literal } from "./tree-reduce-layer.ts";

/** What a {@link ShuffleLayer} is made of. */
export interface ShuffleOptions extends LayerOptions {
  /** The layer whose blocks are dealt out. */
  readonly input: string;
  /** How many blocks it has. */
  readonly count: number;
  /** How many blocks come out. */
  readonly npartitions: number;
  /**
   * From a block and `npartitions` to an array of that many pieces, or to a `Cut`, which is
   * many times cheaper where pieces are very many; another number of them fails with `graph/nout`.
   */
  readonly split: Call;
  /**
   * Tasks whose values every split gets, after `npartitions` and before the arguments of its
   * call: bounds that had to be computed first. Default none.
   */
  readonly shared?: readonly Key[];
  /**
   * From the pieces for one output block, in the order of the input blocks, to the block; those of
   * a `Cut` are each a `CutPiece`.
   */
  readonly join: Call;
}

/**
 * Every output block from a piece of every input block, in `count` + `npartitions` tasks: one
 * split a block gives all its pieces at once, one join an output picks its piece out of each.
 * Between them stands one task that does no work, so that the edges are as few as the tasks.
 * Output block `j` is `<name>/<j>`; the splits come behind, and what gathers them is the last.
 *
 * @throws GraphError `graph/invalid-argument`
 * @example
 * ```ts
 * import { LayeredGraph, MaterializedLayer, ShuffleLayer } from "@millrace/graph";
 *
 * const split = (block: number[], n: number) =>
 *   Array.from({ length: n }, (_, j) => block.filter((x) => x % n === j));
 * const graph = new LayeredGraph()
 *   .withLayer(MaterializedLayer.blocks("data", [[1, 2, 3], [4, 5, 6]]))
 *   .withLayer(
 *     new ShuffleLayer("by-rest", {
 *       input: "data",
 *       count: 2,
 *       npartitions: 2,
 *       split: { fn: split },
 *       join: { fn: (pieces: number[][]) => pieces.flat() },
 *     }),
 *   );
 * await graph.compute(["by-rest/0", "by-rest/1"]); // => [[2, 4, 6], [1, 3, 5]]
 * ```
 */
export class ShuffleLayer implements Layer {
  /** Tells the layers apart. */
  readonly kind = "shuffle";
  /** The name, which its keys begin with. */
  readonly name: string;
  readonly size: number;
  /** Advice for executors, which all its tasks get. */
  readonly annotations: Annotations | undefined;
  /** The token that it was given, if any. */
  readonly token: string | undefined;
  /** Name of the layer whose blocks are dealt out. */
  readonly input: string;
  /** How many blocks go in. */
  readonly count: number;
  /** How many blocks come out. */
  readonly npartitions: number;
  /** From a block to its pieces. */
  readonly split: Call;
  /** Tasks whose values every split gets. */
  readonly shared: readonly Key[];
  /** From pieces to a block. */
  readonly join: Call;
  readonly #splitProgram: Program;
  #gatherProgram: Program | undefined;
  readonly #joinProgram: Program;

  constructor(name: string, options: ShuffleOptions) {
    const api = "ShuffleLayer";
    checkOptions(api, options, optionNames);
    this.name = checkLayerName(api, name);
    this.input = checkInputName(api, options.input);
    this.count = checkCount(api, "count", options.count, 0);
    this.npartitions = checkCount(api, "npartitions", options.npartitions, 1);
    this.split = checkCall(api, options.split);
    this.shared = keyList(api, options.shared ?? []);
    this.join = checkCall(api, options.join);
    this.annotations = layerAnnotations(api, options);
    this.token = options.token;
    this.size = checkCount(api, "number of tasks", this.npartitions + this.count + 1, 0);
    const { fn: splitFn, args: splitArgs = [] } = this.split;
    const { fn: joinFn, args: joinArgs = [] } = this.join;
    const toSplit = { kind: "input", input: 0 } as const;
    const pieceCount = literal(this.npartitions);
    const shared = this.shared.map((_, n): Arg => ({ kind: "input", input: n + 1 }));
    this.#splitProgram = makeProgram(
      [
        { fn: splitFn, args: [toSplit, pieceCount, ...shared, ...splitArgs.map(literal)] },
        { fn: checkPieces, args: [{ kind: "step", step: 0 }, pieceCount] },
      ],
      1 + shared.length,
      0,
    );
    const gathered = { kind: "input", input: 0 } as const;
    const pieces = {
      kind: "pieces",
      of: gathered,
      piece: { kind: "constant", constant: 0 },
    } as const;
    this.#joinProgram = makeProgram(
      [{ fn: joinFn, args: [pieces, ...joinArgs.map(literal)] }],
      1,
      1,
    );
  }

  get keys(): KeyTable {
    return rangeKeys(this.name, this.size);
  }

  get layerInputs(): readonly string[] {
    return [this.input];
  }

  get keyInputs(): readonly Key[] {
    return this.shared;
  }

  get content(): unknown {
    return [this.input, this.count, this.npartitions, this.split, this.shared, this.join];
  }

  replace(by: Replacement): ShuffleLayer {
    return this.#with({ split: replaceInCall(this.split, by), join: replaceInCall(this.join, by) });
  }

  joinAdvice(other: Layer): ShuffleLayer | undefined {
    const kept = withoutUndefined({ token: this.token });
    return joinedAdvice(this, other, (annotations) => this.#with({ ...kept, annotations }));
  }

  /** The same layer but for some options; the token is left out. */
  #with(changes: Partial<ShuffleOptions>): ShuffleLayer {
    const { input, count, npartitions, split, shared, join, annotations } = this;
    const same = { input, count, npartitions, split, shared, join, annotations };
    return withoutAnnotations(() => new ShuffleLayer(this.name, { ...same, ...changes }));
  }

  expand(index: number, sink: TaskSink): void {
    const { npartitions, count } = this;
    if (index < npartitions) {
      sink.task(this.#joinProgram, this.annotations);
      sink.block(this.name, npartitions + count);
      sink.constant(index);
    } else if (index < npartitions + count) {
      sink.task(this.#splitProgram, this.annotations);
      sink.block(this.input, index - npartitions);
      for (const key of this.shared) sink.key(key);
    } else {
      sink.task((this.#gatherProgram ??= gatherProgram(count)), this.annotations);
      for (let b = 0; b < count; b++) sink.block(this.name, npartitions + b);
    }
  }
}

/** Made when it is asked for: it takes memory for every input, and the layer does not. */
function gatherProgram(count: number): Program {
  return makeProgram([{ fn: gather, args: [{ kind: "inputs", start: 0, count }] }], count, 0);
}

const optionNames = [
  "input",
  "count",
  "npartitions",
  "split",
  "shared",
  "join",
  ...layerOptionNames,
];
