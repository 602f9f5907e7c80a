import { CycleError } from "../errors.ts";
import type { GraphCore } from "../graph-core.ts";
import { keyRanks } from "../key-table.ts";
import { OrderCycle, orderTasks } from "./order.ts";

/** Position of every task in the static order; `priority` is that of tasks which name none. */
export function orderCore(core: GraphCore, priority: number): Int32Array {
  const priorities = core.annotations.some((entry) => entry?.priority !== undefined)
    ? Float64Array.from(core.annotation, (a) => core.annotations[a]?.priority ?? priority)
    : undefined;
  try {
    return orderTasks(core, keyRanks(core.keys), priorities);
  } catch (error) {
    if (!(error instanceof OrderCycle)) throw error;
    const names = error.tasks.map((t) => core.keys.at(t));
    throw new CycleError([...names, names[0] as string]);
  }
}
