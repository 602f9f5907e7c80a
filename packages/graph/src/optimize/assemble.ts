import { absorbSteps } from "../absorb.ts";
import type { Arg } from "../arg.ts";
import type { Program, Step } from "../program.ts";
import { mapLeaves, runOfInputs } from "../arg.ts";
import { identity, makeProgram } from "../program.ts";

/** One task of a group: input `i` is input `sources[i]` of the group, or member `~sources[i]`. */
export interface Member {
  readonly program: Program;
  readonly sources: readonly number[];
}

/**
 * One program that does what the members do, in their order; the last one gives the value. Its
 * constants are the members' constants one after another. Plain values and aliases leave no step; a
 * container stays one, since all who read it must get the same object.
 */
export function assemble(members: readonly Member[]): Program {
  const steps: Step[] = [];
  const results: Arg[] = [];
  let inputCount = 0;
  let constantCount = 0;
  for (const { program, sources } of members) {
    const items = sources.map((source): Arg => {
      if (source < 0) return results[~source] as Arg;
      inputCount = Math.max(inputCount, source + 1);
      return { kind: "input", input: source };
    });
    const values: Arg[] = [];
    const move = mover(items, values, constantCount);
    for (const { fn, args } of program.steps) {
      const moved = args.map((arg) => mapLeaves(arg, move));
      const only = moved[0];
      if (fn === identity && only !== undefined && isAtom(only)) values.push(only);
      else values.push({ kind: "step", step: steps.push({ fn, args: moved }) - 1 });
    }
    results.push(values.at(-1) as Arg);
    constantCount += program.constantCount;
  }
  const result = results.at(-1) as Arg;
  if (result.kind !== "step" || result.step !== steps.length - 1) {
    steps.push({ fn: identity, args: [result] });
  }
  return makeProgram(absorbSteps(steps), inputCount, constantCount);
}

/** Whether reading an argument twice gives the same object twice. */
function isAtom({ kind }: Arg): boolean {
  return kind === "literal" || kind === "constant" || kind === "input" || kind === "step";
}

/** Rewrites the leaves of a member's arguments for the joined program. */
function mover(
  items: readonly Arg[],
  values: readonly Arg[],
  constants: number,
): (leaf: Arg) => Arg {
  return (leaf) => {
    switch (leaf.kind) {
      case "input":
        return items[leaf.input] as Arg;
      case "inputs":
        return runOfInputs(items.slice(leaf.start, leaf.start + leaf.count));
      case "constant":
        return { kind: "constant", constant: leaf.constant + constants };
      case "step":
        return values[leaf.step] as Arg;
      case "literal":
      case "pieces":
      case "array":
      case "set":
      case "map":
      case "object":
        return leaf;
    }
  };
}
