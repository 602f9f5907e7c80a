import type { Report } from "./run-scenario.ts";
import { runScenario } from "./run-scenario.ts";
import type { Deed, Fault, GraphPlan, Scenario, TaskPlan, Tuning, WorkerPlan } from "./scenario.ts";
import { calm, plainDeed, plainTask } from "./scenario.ts";

/** A task that returns at once unless told otherwise. */
export function task(plan: Partial<TaskPlan> = {}): TaskPlan {
  return { ...plainTask, ...plan };
}

/** Many tasks. */
export function tasks(count: number, plan: (t: number) => Partial<TaskPlan>): TaskPlan[] {
  return Array.from({ length: count }, (_, t) => task(plan(t)));
}

/** A scenario told step by step; whatever is not said is calm and quick. */
export class Story {
  readonly #scenario: Scenario;

  constructor(scenario: Scenario) {
    this.#scenario = scenario;
  }

  #with(changes: Partial<Scenario>): Story {
    return new Story({ ...this.#scenario, ...changes });
  }

  tuned(tuning: Partial<Tuning>): Story {
    return this.#with({ tuning: { ...this.#scenario.tuning, ...tuning } });
  }

  clients(clientCount: number): Story {
    return this.#with({ clientCount });
  }

  /** One more graph that can be submitted; all its tasks are asked for unless some are named. */
  graph(tasks: readonly TaskPlan[], options: Partial<GraphPlan> = {}): Story {
    const wanted = [...tasks.keys()];
    const plain = { asksForHeld: false, shuffles: [], optimize: false };
    const graph = { tasks, wanted, ...plain, ...options };
    return this.#with({ graphs: [...this.#scenario.graphs, graph] });
  }

  /** At a time, a client does something; by default it collects the first graph. */
  at(atMs: number, deed: Partial<Deed> = {}): Story {
    const all = [...this.#scenario.workload, { ...plainDeed, ...deed, atMs }];
    return this.#with({ workload: all.toSorted((a, b) => a.atMs - b.atMs) });
  }

  /** At a time, something goes wrong; for 10 ms unless told otherwise. */
  fault(atMs: number, kind: Fault["kind"], fault: Partial<Fault> = {}): Story {
    const one = { worker: 0, other: 0, lastMs: 10, ...fault, atMs, kind };
    return this.#with({ faults: [...this.#scenario.faults, one] });
  }

  /** Plays it to its end, with all checks there are. */
  play(): Report {
    return runScenario(this.#scenario);
  }

  /** Plays it with other delays again and again, since one order of things says little. */
  playOften(times: number, check: (report: Report) => void): void {
    for (let seed = 1; seed <= times; seed++) check(runScenario({ ...this.#scenario, seed }));
  }
}

/** Workers, of which the first is `w0`. */
export function given(...workers: readonly Partial<WorkerPlan>[]): Story {
  return new Story({
    ...calm,
    workers: workers.map((worker) => ({ threads: 1, host: 0, gpu: 0, ...worker })),
  });
}

/** Names of the workers on which a task ran, in order. */
export function ranOn({ executions }: Report, key: string): readonly string[] {
  return executions.filter((one) => one.key === key).map(({ worker }) => worker);
}

/** Whether two tasks ever ran at the same time on one worker. */
export function ranTogether({ executions }: Report, key: string, other: string): boolean {
  return executions.some(
    (one) =>
      one.key === key &&
      executions.some(
        (two) =>
          two.key === other &&
          two.worker === one.worker &&
          two.startMs < one.endMs &&
          one.startMs < two.endMs,
      ),
  );
}
