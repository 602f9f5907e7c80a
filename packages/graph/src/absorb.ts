import type { Step } from "./program.ts";
import { forEachLeaf, mapLeaves } from "./arg.ts";

/**
 * A step function with this method may swallow the step before it: given the producer and the
 * consumer (whose first argument is the producer's value, used nowhere else) it returns one step
 * that does the work of both, or undefined to leave them. Bag uses it to make one loop of a chain
 * of element operations.
 *
 * @example
 * ```ts
 * import { absorbs } from "@millrace/graph";
 *
 * typeof absorbs; // => "symbol"
 * ```
 */
export const absorbs: unique symbol = Symbol.for("millrace.absorbs") as never;

/** See {@link absorbs}. */
export type Absorb = (producer: Step, consumer: Step) => Step | undefined;

/**
 * The same steps after every function that knows how has swallowed the step that feeds only it.
 * Fused programs come that way; an executor whose graph had stand-ins for the functions does it
 * once it has the functions.
 *
 * @example
 * ```ts
 * import { absorbSteps, absorbs } from "@millrace/graph";
 * import type { Absorb, Step } from "@millrace/graph";
 *
 * const inc = (x: number) => x + 1;
 * const twice = Object.assign((x: number) => 2 * x, {
 *   [absorbs]: ((producer) => ({ fn: () => 42, args: producer.args })) satisfies Absorb,
 * });
 * const steps: Step[] = [
 *   { fn: inc, args: [{ kind: "input", input: 0 }] },
 *   { fn: twice, args: [{ kind: "step", step: 0 }] },
 * ];
 * absorbSteps(steps).length; // => 1
 * ```
 */
export function absorbSteps(steps: readonly Step[]): readonly Step[] {
  if (!steps.some(({ fn }) => absorbOf(fn) !== undefined)) return steps;
  const readers = new Int32Array(steps.length);
  for (const { args } of steps) {
    for (const arg of args)
      forEachLeaf(arg, (leaf) => leaf.kind === "step" && readers[leaf.step]!++);
  }
  const kept: (Step | undefined)[] = [...steps];
  for (let j = 0; j < steps.length; j++) {
    const consumer = kept[j] as Step;
    const first = consumer.args[0];
    if (first?.kind !== "step" || readers[first.step] !== 1) continue;
    const producer = kept[first.step];
    const joined = producer && absorbOf(consumer.fn)?.(producer, consumer);
    if (joined === undefined) continue;
    kept[j] = joined;
    kept[first.step] = undefined;
  }
  return renumberSteps(kept);
}

function absorbOf(fn: Step["fn"]): Absorb | undefined {
  return (fn as { [absorbs]?: Absorb })[absorbs];
}

function renumberSteps(steps: readonly (Step | undefined)[]): readonly Step[] {
  const numbers = new Int32Array(steps.length);
  const kept: Step[] = [];
  steps.forEach((step, j) => {
    if (step === undefined) return;
    const args = step.args.map((arg) =>
      mapLeaves(arg, (leaf) =>
        leaf.kind === "step" ? { kind: "step", step: numbers[leaf.step] as number } : leaf,
      ),
    );
    numbers[j] = kept.push({ fn: step.fn, args }) - 1;
  });
  return kept;
}
