import { LayeredGraph } from "@millrace/graph";
import type { Rows } from "../../packages/distributed/src/messages/rows.ts";
import type { Random } from "../lib/random.ts";
import type { Fate, PlannedGraph } from "./plan-graph.ts";
import type { SimValue } from "./values.ts";
import { hashOf } from "./values.ts";
import type { World } from "./world.ts";

const bytesOfScattered = 100;

/** Values that a client has itself, as if they were a graph: nobody can make them again. */
export function planScatter(client: string, run: number, count: number): PlannedGraph {
  const numbers = Array.from({ length: count }, (_, n) => n);
  const fates = numbers.map((n): Fate => {
    const value = hashOf(["scattered", client, run, n]);
    return { value, mustFail: false, failures: new Set(["lost"]) };
  });
  const keys = numbers.map((n) => `s${n}`);
  return { graph: new LayeredGraph(), keys, fates, functions: [], holds: [] };
}

/** What each of these values is taken to have. */
export function sizesOf({ keys }: PlannedGraph): Rows {
  return keys.map(() => bytesOfScattered);
}

/** A client sends values to the workers that it was told; some come late, or to nobody. */
export function pushValues(
  world: World,
  random: Random,
  client: string,
  { fates }: PlannedGraph,
  rows: Rows,
): void {
  const { scheduler, clock, scenario, audit } = world;
  const { life } = scheduler;
  for (let n = 0; n < rows.length; n += 4) {
    const [output, id, version, epoch] = rows.slice(n, n + 4) as [number, number, number, number];
    const value = (fates[output] as Fate).value;
    const name = scheduler.workerOf(epoch)?.name;
    const delayMs = random.exponential(random.chance(0.2) ? 200 : scenario.tuning.delayMs);
    clock.after(delayMs, () => {
      const worker = name === undefined ? undefined : world.workerNamed(name);
      if (worker === undefined || worker.life === 0 || world.isCut(client, worker.name)) return;
      worker.later(0, () => {
        // Names of another scheduler mean other values: whoever takes them in asks whose they are.
        if (worker.schedulerLife !== life || scheduler.life !== life) return;
        audit.given({ id, version }, value as SimValue);
        worker.store.put({ id, version }, value, bytesOfScattered, false);
        worker.feed({ kind: "received", values: [{ id, version }] });
      });
    });
  }
}
