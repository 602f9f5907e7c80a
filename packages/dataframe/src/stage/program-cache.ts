import type { Block } from "../column.ts";
import { layoutsKey, layoutsOf } from "./column-layout.ts";
import type { Placement, Program } from "./program.ts";
import { compileStage, inputsOf } from "./program.ts";
import type { Stage } from "./stage.ts";

/** Programs that a thread keeps, by content; one that is forgotten is generated again. */
const PROGRAMS_MAX = 1_000;

const programs = new Map<string, Program>();

/** What is worked out of a stage once: nodes are values, so that its tokens say all. */
interface StageFacts {
  readonly inputs: ReadonlySet<string>;
  readonly key: string;
}

const facts = new WeakMap<Stage, StageFacts>();

/** The program of a stage for a partition: one for all partitions of the same layout. */
export function programFor(stage: Stage, block: Block, placement: Placement): Program {
  const { inputs, key } = factsOf(stage);
  const layouts = layoutsOf(block, inputs);
  const name = `${placement} ${key} ${layoutsKey(layouts)}`;
  let program = programs.get(name);
  if (program === undefined) {
    program = compileStage(stage, layouts, placement);
    if (programs.size >= PROGRAMS_MAX) programs.delete(programs.keys().next().value as string);
  } else {
    // The one that was not used for the longest time stands first.
    programs.delete(name);
  }
  programs.set(name, program);
  return program;
}

function factsOf(stage: Stage): StageFacts {
  let known = facts.get(stage);
  if (known === undefined) {
    const tokens = stage.outputs.map(({ value }) => value.token);
    const key = [stage.filter?.token ?? "", ...tokens].join(" ");
    known = { inputs: inputsOf(stage), key };
    facts.set(stage, known);
  }
  return known;
}
