import type { Arg } from "../arg.ts";
import type { Program, Step } from "../program.ts";
import { forEachLeaf } from "../arg.ts";
import { identity } from "../program.ts";

/**
 * What fusing must know of a program: how many steps, and what the steps that read no step read.
 */
export interface ProgramShape {
  /**
   * Plain values, aliases and containers of inputs leave no step in a joined program: they count
   * nothing.
   */
  readonly depth: number;
  /** The inputs that each leaf step reads. */
  readonly leaves: readonly (readonly number[])[];
  /** How many leaves read no input. */
  readonly rootCount: number;
}

/** Looks at a program once for all tasks that share it. */
export function shapeOf(program: Program): ProgramShape {
  const sources: StepSources[] = [];
  const leaves: (readonly number[])[] = [];
  let depth = 0;
  for (const step of program.steps) {
    const own = sourcesOf(step, sources, program);
    sources.push(own);
    if (step.fn === identity) continue;
    depth++;
    if (!own.readsStep) leaves.push([...own.inputs]);
  }
  const rootCount = leaves.filter((inputs) => inputs.length === 0).length;
  return { depth, leaves, rootCount };
}

/** What a step reads, looking through plain values, aliases and containers. */
interface StepSources {
  readonly inputs: ReadonlySet<number>;
  readonly readsStep: boolean;
}

function sourcesOf(
  { args }: Step,
  earlier: readonly StepSources[],
  { steps }: Program,
): StepSources {
  const inputs = new Set<number>();
  let readsStep = false;
  const visit = (leaf: Arg): void => {
    if (leaf.kind === "input") inputs.add(leaf.input);
    else if (leaf.kind === "inputs") {
      for (let i = 0; i < leaf.count; i++) inputs.add(leaf.start + i);
    } else if (leaf.kind === "step") {
      if (steps[leaf.step]?.fn !== identity) readsStep = true;
      else {
        const inner = earlier[leaf.step] as StepSources;
        for (const input of inner.inputs) inputs.add(input);
        if (inner.readsStep) readsStep = true;
      }
    }
  };
  for (const arg of args) forEachLeaf(arg, visit);
  return { inputs, readsStep };
}
