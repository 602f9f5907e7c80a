import { isGathering } from "./traits.ts";
import { holds } from "./ready.ts";
import type { SchedulerState } from "./scheduler-state.ts";
import type { StateName } from "./states.ts";
import { memory, processing, stateNames } from "./states.ts";

/** What a scheduler knows at one time, for tests and for a look into one that hangs. */
export interface SchedulerSnapshot {
  readonly workers: readonly {
    readonly epoch: number;
    readonly name: string;
    /** Attempts that it has not answered: rows of two, task and attempt. */
    readonly sent: readonly number[];
    /** Values that it holds: rows of two, task and version. */
    readonly held: readonly number[];
    /** Values that it was told to fetch for no task: rows of two. */
    readonly copying: readonly number[];
    readonly isPaused: boolean;
    readonly isDraining: boolean;
  }[];
  readonly runs: readonly {
    readonly client: string;
    readonly number: number;
    readonly tasks: readonly {
      readonly key: string;
      readonly id: number;
      readonly state: StateName;
    }[];
  }[];
}

/** Writes down what a scheduler knows. Cost: everything is looked at. */
export function snapshot({ workerList, runs, copying }: SchedulerState): SchedulerSnapshot {
  const workers = workerList.map(({ epoch, slot, name, isPaused, isDraining }) => {
    const sent: number[] = [];
    const held: number[] = [];
    for (const run of runs) {
      for (let t = 0; t < run.size; t++) {
        const row = [run.base + t, run.attempt[t] as number];
        const isOwn = !run.sources.has(t) && (run.graph.traits[t]! & isGathering) === 0;
        if (run.state[t] === processing && run.place[t] === slot) sent.push(...row);
        if (run.state[t] === memory && isOwn && holds(run, t, slot)) held.push(...row);
      }
    }
    const told = [...copying.values()].flat().filter(({ worker }) => worker.epoch === epoch);
    const rows = told.flatMap(({ id, version }) => [id, version]);
    return { epoch, name, sent, held, copying: rows, isPaused, isDraining };
  });
  return {
    workers,
    runs: Array.from(runs, (run) => ({
      client: run.client.name,
      number: run.number,
      tasks: Array.from(run.state, (state, t) => ({
        key: run.keyOf(t),
        id: run.base + t,
        state: stateNames[state] as StateName,
      })),
    })),
  };
}
