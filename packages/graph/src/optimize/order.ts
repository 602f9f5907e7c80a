import {
  type Csr,
  findCycle,
  type Plan,
  planOf,
  tasksByRank,
  topologicalOrder,
  transpose,
} from "./order-plan.ts";
import { Walk } from "./order-walk.ts";

export type { Csr };

/**
 * A graph of more tasks than this, with more than this share of all outputs alive at once, is not
 * walked a second time: it has no shape that an order could follow.
 */
const shapelessTasksMin = 100_000;
const shapelessShareMin = 1 / 4;

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
 * @param graph - the dependencies of every task
 * @param rank - the position of each task in the natural order of keys, a permutation: it breaks
 *   every tie, so the answer never depends on insertion order; undefined is the identity
 * @param priority - higher first, default 0: a task with a higher priority, and what it needs, comes
 *   before every task that has, and serves, only lower ones; NaN counts as 0
 * @returns `order[t]` is the position of task `t`: a permutation of 0 … size - 1, topological
 * @throws OrderCycle with the tasks of one cycle
 */
export function orderTasks(
  graph: Csr,
  rank?: Int32Array,
  priority?: Float64Array | Int32Array,
): Int32Array {
  const ranks = { rank, byRank: tasksByRank(rank) };
  const users = transpose(graph, ranks.byRank);
  const topological = topologicalOrder(graph, users);
  if (topological === undefined) throw new OrderCycle(findCycle(users, ranks.byRank));
  const level = priority === undefined ? undefined : priorityLevels(graph, topological, priority);
  return leanest(planOf(graph, users, topological, ranks, level));
}

/** The positions of the better of two walks: fewer outputs alive at most, then on average. */
function leanest(plan: Plan): Int32Array {
  const direct = new Walk(plan, false);
  direct.finish(Infinity);
  if (direct.most <= unavoidable(plan)) return direct.position;
  const { size } = plan.needs;
  if (size > shapelessTasksMin && direct.most > size * shapelessShareMin) return direct.position;
  const roaming = new Walk(plan, true);
  if (!roaming.finish(direct.most)) return direct.position;
  const isLeaner = roaming.most < direct.most || roaming.sum < direct.sum;
  return isLeaner ? roaming.position : direct.position;
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
