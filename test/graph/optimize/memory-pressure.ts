import type { Csr } from "../../../packages/graph/src/optimize/order.ts";

/** Outputs alive before each task of an order, and for how many tasks an output stays alive. */
export interface Pressure {
  readonly maxPressure: number;
  readonly meanPressure: number;
  readonly meanAge: number;
}

/**
 * Runs an order in thought: an output lives from its task to the last task that depends on it, and
 * one that nothing depends on is handed out at once, with age 0, and not counted.
 *
 * The terms are those of `diagnostics` in dask/order.py, so that figures compare.
 */
export function memoryPressure({ size, offsets, targets }: Csr, order: Int32Array): Pressure {
  const taskAt = new Int32Array(size);
  for (let task = 0; task < size; task++) taskAt[order[task]!] = task;
  const waiting = new Int32Array(size);
  for (const target of targets) waiting[target]!++;
  let alive = 0;
  let most = 0;
  let sum = 0;
  let ages = 0;
  for (let n = 0; n < size; n++) {
    most = Math.max(most, alive);
    sum += alive;
    const task = taskAt[n]!;
    if (waiting[task]! > 0) alive++;
    const last = offsets[task + 1]!;
    for (let i = offsets[task]!; i < last; i++) {
      const target = targets[i]!;
      if (--waiting[target]! > 0) continue;
      alive--;
      ages += n - order[target]!;
    }
  }
  return { maxPressure: most, meanPressure: sum / size, meanAge: ages / size };
}
