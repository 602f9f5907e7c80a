import { checkOptions } from "../check-options.ts";
import type { GraphCore } from "../graph-core.ts";
import { orderCore } from "./order-core.ts";

/** The tasks of a graph in the order to start them. */
export interface Sequence {
  /** Task numbers; every task comes after what it reads. */
  readonly sequence: Int32Array;
  /**
   * For each task the position of the first requested value that needs it, directly or not; all 0
   * where the run is not gated. It never falls along the sequence.
   */
  readonly gate: Int32Array;
}

/**
 * The order in which an executor starts tasks: that of `order`, or, where values are read one after
 * another (`gated`), first by the first requested value that needs a task.
 *
 * @throws CycleError
 * @example
 * ```ts
 * import { TaskGraph, ref, sequenceTasks, task } from "@millrace/graph";
 *
 * const inc = (x: number) => x + 1;
 * const { core } = TaskGraph.from({ b: task(inc, [ref("a")]), a: 1 });
 * const { sequence } = sequenceTasks(core, Int32Array.of(0), { priority: 0, gated: false });
 * sequence; // => Int32Array.of(1, 0)
 * ```
 */
export function sequenceTasks(
  core: GraphCore,
  wanted: Int32Array,
  options: { readonly priority: number; readonly gated: boolean },
): Sequence {
  checkOptions("sequenceTasks", options, ["priority", "gated"]);
  const { priority, gated } = options;
  const position = orderCore(core, priority);
  const byPosition = new Int32Array(core.size);
  for (let t = 0; t < core.size; t++) byPosition[position[t] as number] = t;
  if (!gated) return { sequence: byPosition, gate: new Int32Array(core.size) };
  const gate = gates(core, wanted, byPosition);
  // Array sorts are stable: tasks behind one gate stay in order of position.
  const sequence = byPosition.sort((a, b) => (gate[a] as number) - (gate[b] as number));
  return { sequence, gate };
}

function gates(
  { size, offsets, targets }: GraphCore,
  wanted: Int32Array,
  sequence: Int32Array,
): Int32Array {
  const gate = new Int32Array(size).fill(0x7fffffff);
  wanted.forEach((t, index) => (gate[t] = Math.min(gate[t] as number, index)));
  for (let p = size - 1; p >= 0; p--) {
    const t = sequence[p] as number;
    for (let e = offsets[t] as number; e < (offsets[t + 1] as number); e++) {
      const input = targets[e] as number;
      if ((gate[input] as number) > (gate[t] as number)) gate[input] = gate[t] as number;
    }
  }
  return gate;
}
