import { type Csr, findCycle, sortTopologically, tasksByRank, transpose } from "../csr.ts";
import { type Plan, planOf } from "./order-plan.ts";
import { type Manner, Walk } from "./order-walk.ts";

export type { Csr };

/** What is tried, the most telling first: each is best on some shapes. */
const manners: readonly Manner[] = [
  { roaming: false, goals: "goals" },
  { roaming: true, goals: "cheapestGoals" },
  { roaming: false, goals: "cheapestGoals" },
  { roaming: true, goals: "goals" },
];
/** A graph of more tasks is walked twice at most, for its order shall cost little. */
const manyTasks = 100_000;
/** And once when one walk keeps more than this share of all outputs: it has no shape to follow. */
const shapelessShare = 1 / 4;

/** The tasks of one cycle, each depending on the next and the last on the first. */
export class OrderCycle extends Error {
  override readonly name = "OrderCycle";
  readonly tasks: readonly number[];
  constructor(tasks: readonly number[]) {
    super(`orderTasks: ${tasks.length} tasks depend on each other in a cycle`);
    this.tasks = tasks;
  }
}

/**
 * A position for every task so that few outputs are alive at once; dependencies come first.
 *
 * Idea: the order is that of a depth-first walk to the tasks that nothing needs, with the
 * dependency that wants most memory first, where every task that lets go of as much as it adds runs
 * at once. That is best on trees. Where data is used twice a walk may leave its way to let go of an
 * output that it would otherwise keep, so a few walks are run in thought and the one that keeps the
 * fewest outputs alive is taken; `order-walk.ts` has the rules, `docs/internals/order.md` the
 * figures. Nothing depends on the numbers of tasks or the order of edges: ties go by rank.
 *
 * Cost: linear in tasks and edges, without recursion; two walks at most above 100,000 tasks.
 *
 * Source: Sethi and Ullman, The generation of optimal code for arithmetic expressions (1970), for
 * what wants most memory; the aims (finish what is started, let go early, start late) are those
 * that dask/order.py and its tests write down.
 *
 * @param graph - the dependencies of every task
 * @param rank - the position of each task in the natural order of keys, a permutation: it breaks
 *   every tie, so the answer never depends on insertion order; undefined is the identity
 * @param priority - higher first, default 0: all that the highest priority asks for and needs
 *   comes before everything else, and so on down; NaN counts as 0
 * @returns `order[t]` is the position of task `t`: a permutation of 0 … size - 1, topological
 * @throws OrderCycle with the tasks of one cycle
 */
export function orderTasks(
  graph: Csr,
  rank?: Int32Array,
  priority?: Float64Array | Int32Array,
): Int32Array {
  const ranks = { rank, byRank: tasksByRank(rank) };
  const users = transpose(graph, undefined);
  const topological = sortTopologically(graph);
  if (topological === undefined) throw new OrderCycle(findCycle(users, ranks.byRank));
  const level = priority === undefined ? undefined : priorityLevels(graph, topological, priority);
  return leanest(planOf(graph, topological, ranks, level));
}

/** The positions of the best walk: the fewest outputs alive at once, then on average. */
function leanest(plan: Plan): Int32Array {
  const { size } = plan.needs;
  const enough = unavoidable(plan);
  let best: Walk | undefined;
  for (const manner of size > manyTasks ? manners.slice(0, 2) : manners) {
    const walk = new Walk(plan, manner);
    if (!walk.finish(best?.most ?? Infinity)) continue;
    const isLeaner = best === undefined || walk.most < best.most || walk.sum < best.sum;
    if (isLeaner) best = walk;
    if (walk.most <= enough) break;
    if (size > manyTasks && walk.most > size * shapelessShare) break;
  }
  return best!.position;
}

/**
 * Outputs alive that no order gets below: all inputs of one task, or, since a direct walk is best
 * on trees, as many as it needs when no output has two users.
 */
function unavoidable({ needs, users }: Plan): number {
  let inputs = 0;
  let shared = 0;
  for (let task = 0; task < needs.size; task++) {
    inputs = Math.max(inputs, needs.offsets[task + 1]! - needs.offsets[task]!);
    shared = Math.max(shared, users.offsets[task + 1]! - users.offsets[task]!);
  }
  return shared <= 1 ? Infinity : inputs;
}

/** Level 0 is what the highest priority asks for and needs, 1 what the next one adds, and so on. */
function priorityLevels(
  needs: Csr,
  topological: Int32Array,
  priority: Float64Array | Int32Array,
): Int32Array {
  const { size } = needs;
  const urgency = new Float64Array(size);
  for (let task = 0; task < size; task++) {
    const given = priority[task]!;
    urgency[task] = Number.isNaN(given) ? 0 : given;
  }
  for (let n = size - 1; n >= 0; n--) {
    const task = topological[n]!;
    const last = needs.offsets[task + 1]!;
    for (let i = needs.offsets[task]!; i < last; i++) {
      const target = needs.targets[i]!;
      if (urgency[target]! < urgency[task]!) urgency[target] = urgency[task]!;
    }
  }
  const values = Float64Array.from(new Set(urgency)).sort().reverse();
  const levelOf = new Map<number, number>();
  for (let level = 0; level < values.length; level++) levelOf.set(values[level]!, level);
  return Int32Array.from(urgency, (value) => levelOf.get(value)!);
}
