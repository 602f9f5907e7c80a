import type { Arg } from "../arg.ts";
import type { Step, TaskFunction } from "../program.ts";
import { forEachLeaf, mapLeaves } from "../arg.ts";
import { isOwn } from "../program.ts";
import type { Call } from "./layer.ts";

/**
 * What to put in the place of the functions and values of a graph, so that the graph can be looked
 * at where they are not: a stand-in for each.
 *
 * @example
 * ```ts
 * import { LayeredGraph, MaterializedLayer, task } from "@millrace/graph";
 * import type { Replacement } from "@millrace/graph";
 *
 * const twice: Replacement = {
 *   fn: (fn) => (...args: never[]) => 2 * (fn(...args) as number),
 *   value: (value) => value,
 * };
 * const graph = new LayeredGraph().withLayer(
 *   new MaterializedLayer("numbers", { a: task((x: number) => x + 1, [1]) }),
 * );
 * await graph.replace(twice).compute("a"); // => 4
 * ```
 */
export interface Replacement {
  /** For a function of a step; {@link ownFunctions} stay what they are. */
  fn(fn: TaskFunction): TaskFunction;
  /** For a value written into a program, or given to one task. */
  value(value: unknown): unknown;
}

/** The same steps with their functions and values replaced; the very same where they have none. */
export function replaceInSteps(steps: readonly Step[], by: Replacement): readonly Step[] {
  if (steps.every(hasNothingToReplace)) return steps;
  const inLeaf = (leaf: Arg): Arg =>
    leaf.kind === "literal" ? { kind: "literal", value: by.value(leaf.value) } : leaf;
  return steps.map(({ fn, args }) => ({
    fn: isOwn(fn) ? fn : by.fn(fn),
    args: args.map((arg) => mapLeaves(arg, inLeaf)),
  }));
}

function hasNothingToReplace({ fn, args }: Step): boolean {
  let isPlain = true;
  for (const arg of args) forEachLeaf(arg, (leaf) => (isPlain &&= leaf.kind !== "literal"));
  return isPlain && isOwn(fn);
}

/** The same call with its function and values replaced. */
export function replaceInCall({ fn, args = [] }: Call, by: Replacement): Call {
  return { fn: by.fn(fn), args: args.map((arg) => by.value(arg)) };
}
