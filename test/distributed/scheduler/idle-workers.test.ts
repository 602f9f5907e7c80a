import { expect, test } from "vitest";

import { plainSettings } from "../../../packages/distributed/src/messages/client-messages.ts";
import { expandGraph } from "../../../packages/distributed/src/scheduler/expand.ts";
import { SchedulerMachine } from "../../../packages/distributed/src/scheduler/machine.ts";
import type { SchedulerEvent } from "../../../packages/distributed/src/scheduler/scheduler-events.ts";
import { task } from "../../simulation/given.ts";
import { planGraph } from "../../simulation/plan-graph.ts";
import { calm } from "../../simulation/scenario.ts";

const offer = { address: "a", host: "h", threads: 1, memoryBytesMax: 1e9, resources: {} };

/** What is said of a run of one task, the first and the last word of its way in. */
function submitted(run: number): { first: SchedulerEvent; last: SchedulerEvent } {
  const plan = { tasks: [task()], wanted: [0], asksForHeld: false, shuffles: [], optimize: false };
  const { graph, keys, functions, holds } = planGraph({ ...calm, graphs: [plan] }, 0, 0, []);
  const message = {
    kind: "submit",
    run,
    graph,
    keys,
    functions,
    holds,
    settings: plainSettings,
  } as const;
  const expanded = expandGraph(graph, keys, plainSettings);
  return {
    first: { kind: "client-said", epoch: 0, message },
    last: { kind: "expanded", epoch: 0, run, graph: expanded },
  };
}

test("runs that come in by one event are given to as many workers as have nothing to do", () => {
  const machine = new SchedulerMachine({ checked: true }, 0);
  const workers = [1, 2, 3];
  machine.handle([{ kind: "client-connected", epoch: 0, name: "c" }], 0);
  for (const epoch of workers) {
    machine.handle(
      [{ kind: "worker-connected", epoch, offer: { ...offer, name: `w${epoch}` } }],
      0,
    );
  }
  const runs = workers.map((_, run) => submitted(run));
  machine.handle(
    runs.map(({ first }) => first),
    1,
  );
  const told = machine
    .handle(
      runs.map(({ last }) => last),
      2,
    )
    .flatMap((each) =>
      each.kind === "tell-worker" && each.message.kind === "compute" ? [each.epoch] : [],
    );
  expect(told.toSorted((a, b) => a - b)).toEqual(workers);
});
