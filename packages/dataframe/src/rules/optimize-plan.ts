import { dtypeText, sameDType } from "../dtype-traits.ts";
import { DataFrameError } from "../errors.ts";
import { columnsRead, type ColumnsRead } from "../plan/columns-read.ts";
import { isKnownAsWell } from "../plan/layout.ts";
import type { PlanNode } from "../plan/node.ts";
import { planText } from "../plan/plan-text.ts";
import { inputsOf, nodesOfPlan, withInputs } from "../plan/walk.ts";
import { allRules } from "./index.ts";
import type { Rule, RuleContext } from "./rule.ts";
import { sharedAcross, sharedWithin } from "./shared-work.ts";

/** One application of a rule. */
export interface Application {
  readonly rule: string;
  readonly before: PlanNode;
  readonly after: PlanNode;
}

/** A plan that gives the same for less, and how it came about. */
export interface Optimized {
  readonly plan: PlanNode;
  readonly trace: readonly Application[];
}

/** Several plans that run together. */
export interface OptimizedTogether {
  readonly plans: readonly PlanNode[];
  readonly trace: readonly Application[];
}

/** Which rules apply; default all. */
export interface OptimizeOptions {
  readonly rules?: readonly Rule[];
}

/** Most times that rules apply to a plan, for each of its nodes: a filter that goes down a plan of
 * n nodes applies n times, and some filters do; more than all of this only rules that never end. */
const APPLICATIONS_PER_NODE_MAX = 50;

/**
 * Applies rules until none has anything to do. After each application the columns and the number of
 * partitions must be as before.
 *
 * @throws DataFrameError `dataframe/rule-failed` for a rule that breaks this, or for rules that
 * never come to an end; it names them
 */
export function optimizePlan(root: PlanNode, options: OptimizeOptions = {}): Optimized {
  const { plans, trace } = optimizePlans([root], options);
  return { plan: plans[0] as PlanNode, trace };
}

/** Plans that run together, each as by itself but for what `shared-work.ts` says. */
export function optimizePlans(
  roots: readonly PlanNode[],
  { rules = allRules }: OptimizeOptions = {},
): OptimizedTogether {
  const run = startRun(roots, rules);
  const seen = new Set<string>();
  for (let plans = roots; ;) {
    const state = stateOf(plans);
    if (seen.has(state)) throw endless(run);
    seen.add(state);
    plans = rewriteAll(plans, run);
    if (stateOf(plans) === state) return { plans, trace: run.trace };
  }
}

function stateOf(plans: readonly PlanNode[]): string {
  return plans.map(({ token }) => token).join(" ");
}

/** All plans once from the root down, then rules of whole plans. */
function rewriteAll(roots: readonly PlanNode[], run: Run): readonly PlanNode[] {
  const across = roots.length === 1 ? [] : sharedAcross(roots, columnsRead(roots));
  let plans = roots.map((root) => {
    run.shared = new Set([...sharedWithin(root), ...across]);
    run.context = contextOf([root], run.shared);
    return rewriteDown(root, run);
  });
  for (const rule of run.rules) {
    if (rule.scope !== "plan") continue;
    run.shared = new Set(plans.flatMap((plan) => [...sharedWithin(plan)]));
    run.context = contextOf(plans, run.shared);
    plans = plans.map((plan) => applied(run, rule, plan) ?? plan);
  }
  return plans;
}

function contextOf(roots: readonly PlanNode[], shared: ReadonlySet<PlanNode>): RuleContext {
  let read: ColumnsRead | undefined;
  return {
    isShared: (node) => shared.has(node),
    columnsRead: (input, reader) => (read ??= columnsRead(roots))(input, reader),
  };
}

/** What one optimization has done so far. */
interface Run {
  readonly rules: readonly Rule[];
  readonly trace: Application[];
  readonly applicationsMax: number;
  /** What is shared, also by nodes that were made of such in this walk. */
  shared: Set<PlanNode>;
  context: RuleContext;
}

function startRun(roots: readonly PlanNode[], rules: readonly Rule[]): Run {
  const applicationsMax = APPLICATIONS_PER_NODE_MAX * (nodesOfPlan(...roots).size + 10);
  const shared = new Set<PlanNode>();
  return { rules, trace: [], applicationsMax, shared, context: contextOf(roots, shared) };
}

/**
 * One walk from the root down and up again: each node is rewritten until no rule applies, then its
 * inputs are; where these became others, the node is tried once more, so that what goes down meets
 * below it a plan that is ready. A node that others read too is rewritten once.
 */
function rewriteDown(root: PlanNode, run: Run): PlanNode {
  const settled = new Map<PlanNode, PlanNode>();
  const done = new Map<PlanNode, PlanNode>();
  const path: PlanNode[] = [root];
  const onPath = new Set<PlanNode>(path);
  for (let node = path.at(-1); node !== undefined; node = path.at(-1)) {
    const now = settled.get(node) ?? settle(node, run);
    settled.set(node, now);
    const inputs = inputsOf(now);
    const next = inputs.find((input) => !done.has(input));
    if (next !== undefined) {
      if (onPath.has(next)) throw endless(run);
      path.push(next);
      onPath.add(next);
      continue;
    }
    const rebuilt = withInputs(
      now,
      inputs.map((input) => done.get(input) as PlanNode),
    );
    const result = rebuilt === now ? now : settle(rebuilt, run);
    settled.set(node, result);
    // A rule may have made inputs with which nothing was done.
    if (inputsOf(result).some((input) => done.get(input) !== input)) continue;
    if (run.context.isShared(node)) run.shared.add(result);
    done.set(node, result).set(result, result);
    path.pop();
    onPath.delete(node);
  }
  return done.get(root) as PlanNode;
}

/** A node on which no rule of nodes has anything to do any more. */
function settle(start: PlanNode, run: Run): PlanNode {
  const seen = new Set<PlanNode>();
  let node = start;
  for (;;) {
    if (seen.has(node)) throw endless(run);
    seen.add(node);
    const next = firstApplied(node, run);
    if (next === undefined) return node;
    node = next;
  }
}

function firstApplied(node: PlanNode, run: Run): PlanNode | undefined {
  for (const rule of run.rules) {
    const after = rule.scope === "node" ? applied(run, rule, node) : undefined;
    if (after !== undefined) return after;
  }
  return undefined;
}

/**
 * What a rule makes of a node, checked; undefined when that is nothing new. A plan of which less is
 * known is not taken: another rule, or a verb above, may live on what is known.
 */
function applied(run: Run, rule: Rule, before: PlanNode): PlanNode | undefined {
  const after = rule.apply(before, run.context);
  if (after === undefined || after === before) return undefined;
  const wrong = whatChanged(before, after);
  if (wrong !== undefined) throw failed(`rule ${rule.name} changed ${wrong}`, before, after);
  if (!isKnownAsWell(after.layout, before.layout)) return undefined;
  run.trace.push({ rule: rule.name, before, after });
  if (run.trace.length > run.applicationsMax) throw endless(run);
  return after;
}

function whatChanged(before: PlanNode, after: PlanNode): string | undefined {
  if (!hasSameFields(before, after)) {
    return `the columns, got ${fieldsText(after)}, wanted ${fieldsText(before)}`;
  }
  const [many, more] = [before.layout.npartitions, after.layout.npartitions];
  if (many !== more) return `the number of partitions, got ${more}, wanted ${many}`;
  return undefined;
}

function hasSameFields({ fields }: PlanNode, { fields: others }: PlanNode): boolean {
  if (fields === others) return true;
  return (
    fields.length === others.length &&
    fields.every(({ name, dtype }, i) => {
      const other = others[i];
      return name === other?.name && sameDType(dtype, other.dtype);
    })
  );
}

function fieldsText({ fields }: PlanNode): string {
  return fields.map(({ name, dtype }) => `${JSON.stringify(name)}: ${dtypeText(dtype)}`).join(", ");
}

function failed(what: string, before: PlanNode, after: PlanNode): DataFrameError {
  const remedy = "This is a mistake in the rule, not in the query: please report it.";
  const plans = `Before:\n${planText(before)}\nAfter:\n${planText(after)}`;
  return new DataFrameError("dataframe/rule-failed", `optimize: ${what}.\n${remedy}\n${plans}`);
}

/** The last rules that applied are those that take turns. */
function endless({ trace }: Run): DataFrameError {
  const last = trace.slice(-20);
  const names = [...new Set(last.map(({ rule }) => rule))].sort().join(", ");
  const { before, after } = trace.at(-1) as Application;
  return failed(`rules that never come to an end: ${names}`, before, after);
}
