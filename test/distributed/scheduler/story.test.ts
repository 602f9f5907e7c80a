import { expect, it } from "vitest";

import { plainSettings } from "../../../packages/distributed/src/messages/client-messages.ts";
import type { Rows } from "../../../packages/distributed/src/messages/rows.ts";
import { emptyReport } from "../../../packages/distributed/src/messages/worker-messages.ts";
import { expandGraph } from "../../../packages/distributed/src/scheduler/expand.ts";
import { SchedulerMachine } from "../../../packages/distributed/src/scheduler/machine.ts";
import type {
  SchedulerEvent,
  SchedulerInstruction,
} from "../../../packages/distributed/src/scheduler/scheduler-events.ts";
import type { SchedulerSettings } from "../../../packages/distributed/src/scheduler/settings.ts";
import { task } from "../../simulation/given.ts";
import { planGraph } from "../../simulation/plan-graph.ts";
import { calm } from "../../simulation/scenario.ts";

const client = 1;
const worker = 7;

/** A scheduler with one worker to which `t1`, which reads `t0`, is submitted; its first tasks. */
function scheduled(changes: Partial<SchedulerSettings>): {
  machine: SchedulerMachine;
  rows: Rows;
} {
  const graphs = [
    {
      tasks: [task(), task({ reads: [0] })],
      wanted: [1],
      asksForHeld: false,
      shuffles: [],
      optimize: false,
    },
  ];
  const { graph, keys, functions, holds } = planGraph({ ...calm, graphs }, 0, 0, []);
  const machine = new SchedulerMachine({ ...changes, checked: true }, 0);
  const offer = { name: "w", address: "w", host: "h", threads: 1, memoryBytesMax: 1e9 };
  const message = {
    kind: "submit",
    run: 0,
    graph,
    keys,
    functions,
    holds,
    settings: plainSettings,
  } as const;
  const events: SchedulerEvent[] = [
    { kind: "worker-connected", epoch: worker, offer: { ...offer, resources: {} } },
    { kind: "client-connected", epoch: client, name: "c" },
    { kind: "client-said", epoch: client, message },
    { kind: "expanded", epoch: client, run: 0, graph: expandGraph(graph, keys, plainSettings) },
  ];
  return { machine, rows: rowsSent(machine.handle(events, 10)) };
}

function rowsSent(instructions: readonly SchedulerInstruction[]): Rows {
  return instructions.flatMap((instruction) =>
    instruction.kind === "tell-worker" && instruction.message.kind === "compute"
      ? instruction.message.rows
      : [],
  );
}

function report(rows: Rows): SchedulerEvent {
  const done = [rows[0] as number, rows[1] as number, 100, 1_000];
  const message = { ...emptyReport, done };
  return { kind: "worker-said", epoch: worker, message } as SchedulerEvent;
}

it("the story of a key says when its task changed its state, and which worker had it", () => {
  const { machine, rows } = scheduled({});
  machine.handle([report(rows)], 20);
  expect(machine.story("t0")).toEqual([
    { task: 0, atMs: 10, from: "queued", to: "processing", attempt: 1, worker },
    { task: 0, atMs: 20, from: "processing", to: "memory", attempt: 1, worker },
  ]);
  expect(machine.story("t1")).toEqual([
    { task: 1, atMs: 20, from: "waiting", to: "queued", attempt: 0, worker },
    { task: 1, atMs: 20, from: "queued", to: "processing", attempt: 1, worker },
  ]);
  expect(machine.story("t2")).toEqual([]);
});

it("the story forgets the oldest changes, of whatever task", () => {
  const { machine, rows } = scheduled({ storyMax: 2 });
  machine.handle([report(rows)], 20);
  expect(machine.story("t0")).toEqual([]);
  expect(machine.story("t1").map(({ to }) => to)).toEqual(["queued", "processing"]);
});
