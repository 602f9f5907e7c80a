import type { Step, TaskFunction } from "../program.ts";

type StepArg = Step["args"][number];

/**
 * A step of the blocks of a layer: a function and its arguments.
 *
 * @example
 * ```ts
 * import { BlockwiseLayer, LayeredGraph } from "@millrace/graph";
 * import { blockInput, blockStep, stepLiteral } from "@millrace/graph";
 *
 * const times = (x: number, factor: number) => x * factor;
 * const layer = new BlockwiseLayer("tens", {
 *   count: 3,
 *   inputs: [{ kind: "index" }],
 *   steps: [blockStep(times, blockInput(0), stepLiteral(10))],
 * });
 * await new LayeredGraph().withLayer(layer).compute("tens/2"); // => 20
 * ```
 */
export function blockStep(fn: TaskFunction, ...args: readonly StepArg[]): Step {
  return { fn, args };
}

/**
 * An argument of a step: entry `n` of the inputs of the block. See {@link blockStep}.
 *
 * @example
 * ```ts
 * import { blockInput } from "@millrace/graph";
 *
 * blockInput(0); // => { kind: "input", input: 0 }
 * ```
 */
export function blockInput(n: number): StepArg {
  return { kind: "input", input: n };
}

/**
 * An argument of a step: the value of an earlier step. See {@link blockStep}.
 *
 * @example
 * ```ts
 * import { stepResult } from "@millrace/graph";
 *
 * stepResult(0); // => { kind: "step", step: 0 }
 * ```
 */
export function stepResult(n: number): StepArg {
  return { kind: "step", step: n };
}

/**
 * An argument of a step: a value that is the same for all blocks. See {@link blockStep}.
 *
 * @example
 * ```ts
 * import { stepLiteral } from "@millrace/graph";
 *
 * stepLiteral("x"); // => { kind: "literal", value: "x" }
 * ```
 */
export function stepLiteral(value: unknown): StepArg {
  return { kind: "literal", value };
}

/**
 * An argument of a step: an array of others. See {@link blockStep}.
 *
 * @example
 * ```ts
 * import { blockInput, stepArray } from "@millrace/graph";
 *
 * stepArray(blockInput(0)); // => { kind: "array", items: [{ kind: "input", input: 0 }] }
 * ```
 */
export function stepArray(...items: readonly StepArg[]): StepArg {
  return { kind: "array", items };
}
