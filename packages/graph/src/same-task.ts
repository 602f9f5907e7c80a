import type { GraphCore } from "./graph-core.ts";
import type { Program } from "./program.ts";
import { tokenizeLoosely } from "./tokenize.ts";

/** Whether two tasks of two graphs read the same keys and do the same, by identity or by token. */
export function sameTask(a: GraphCore, t: number, b: GraphCore, u: number): boolean {
  return samePrograms(describe(a, t), describe(b, u));
}

interface Description {
  readonly program: Program;
  readonly inputs: readonly string[];
  readonly constants: readonly unknown[];
}

/** Whether two descriptions of a task mean one task. */
export function samePrograms(a: Description, b: Description): boolean {
  if (a.inputs.length !== b.inputs.length || a.constants.length !== b.constants.length)
    return false;
  if (!a.inputs.every((key, i) => key === b.inputs[i])) return false;
  const identical =
    a.program === b.program && a.constants.every((value, i) => Object.is(value, b.constants[i]));
  return identical || tokenOf(a) === tokenOf(b);
}

function tokenOf({ program, constants }: Description): string {
  return tokenizeLoosely(
    program.steps.map(({ fn, args }) => [fn, args]),
    constants,
  );
}

function describe(core: GraphCore, t: number): Description {
  return {
    program: core.programs[core.program[t] as number] as Program,
    inputs: Array.from(core.targets.subarray(core.offsets[t], core.offsets[t + 1]), (input) =>
      core.keys.at(input),
    ),
    constants: core.constants.slice(core.constantOffsets[t], core.constantOffsets[t + 1]),
  };
}
