import type { ColumnsRead } from "../plan/columns-read.ts";
import type { PlanNode } from "../plan/node.ts";

/** What a rule may ask about the plan around a node. */
export interface RuleContext {
  /**
   * Whether several parts of the plan read a node, or what reads it alone. Work that several share
   * is done once; a rule that moved other work below it would have it done again. What several
   * plans that run together read is shared as `shared-work.ts` says.
   */
  readonly isShared: (node: PlanNode) => boolean;
  /** The columns that are read of a node, by whatever reads it in all plans that run together. */
  readonly columnsRead: ColumnsRead;
}

/**
 * A rewrite of a node ("node": all nodes are offered, from the root down) or of a whole plan
 * ("plan"). It gives a plan of the same columns, the same number of partitions and the same rows,
 * or undefined where it has nothing to do. The engine does not take a plan of which less is known.
 */
export interface Rule {
  readonly name: string;
  /** Why the new plan is better, and why it is the same. */
  readonly why: string;
  readonly scope: "node" | "plan";
  readonly apply: (node: PlanNode, context: RuleContext) => PlanNode | undefined;
}
