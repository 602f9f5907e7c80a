import { bool } from "../dtype.ts";
import type { Typed } from "../expr/typed.ts";
import { mayFail } from "../expr/may-fail.ts";
import { callNode, caseNode, columnNode, literalNode, substitute } from "../expr/typed.ts";
import type { FilterNode, PlanNode, ProjectNode } from "../plan/node.ts";
import type { Stage } from "../stage/stage.ts";

/** A chain of filters and projections as one stage over what stands below it. */
export interface Chain {
  readonly base: PlanNode;
  readonly stage: Stage;
}

/**
 * The filters and projections at the top of a plan, merged, down to what a task of its own holds
 * for several. What is below decides first: a filter comes after those that stood under it, so that
 * it meets only rows which these let through.
 */
export function stageOf(top: PlanNode, isHeld: (node: PlanNode) => boolean): Chain {
  const chain: (FilterNode | ProjectNode)[] = [];
  let base = top;
  while (isStage(base) && !isHeld(base)) {
    chain.push(base);
    base = base.input;
  }
  return chainOf(base, chain);
}

/** The same of a filter or projection that is worked out now, held or not. */
export function stageBelow(top: PlanNode, isHeld: (node: PlanNode) => boolean): Chain {
  return stageOf(top, (node) => node !== top && isHeld(node));
}

/** Whether a node is one that stages are made of. */
export function isStage(node: PlanNode): node is FilterNode | ProjectNode {
  return node.kind === "filter" || node.kind === "project";
}

function chainOf(base: PlanNode, chain: (FilterNode | ProjectNode)[]): Chain {
  let stage: Stage = {
    filter: undefined,
    outputs: base.fields.map(({ name, dtype }) => ({ name, value: columnNode(name, dtype) })),
  };
  for (const node of chain.reverse()) stage = append(stage, node);
  return { base, stage };
}

function append(stage: Stage, node: FilterNode | ProjectNode): Stage {
  const values = new Map(stage.outputs.map(({ name, value }): [string, Typed] => [name, value]));
  if (node.kind === "project") {
    const outputs = node.outputs.map(({ name, value }) => ({
      name,
      value: substitute(value, values),
    }));
    return { filter: stage.filter, outputs };
  }
  const predicate = substitute(node.predicate, values);
  const filter = stage.filter === undefined ? predicate : both(stage.filter, predicate);
  return { filter, outputs: stage.outputs };
}

/** Two filters as one; a second that may fail must not meet rows that the first took out. */
function both(first: Typed, second: Typed): Typed {
  if (!mayFail(second)) return callNode("and", [first, second], bool);
  return caseNode([[first, second]], literalNode(false, bool));
}

/** Whether a stage gives what it gets, all columns in their order. */
export function isIdentity({ filter, outputs }: Stage, names: readonly string[]): boolean {
  return (
    filter === undefined &&
    outputs.length === names.length &&
    outputs.every(
      ({ name, value }, i) => name === names[i] && value.kind === "column" && value.name === name,
    )
  );
}
