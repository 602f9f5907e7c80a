import { LayeredGraph, MaterializedLayer, task } from "@millrace/graph";
import { expect, it } from "vitest";

import type { RunSettings } from "../../../packages/distributed/src/messages/client-messages.ts";
import { plainSettings } from "../../../packages/distributed/src/messages/client-messages.ts";
import type { Rows } from "../../../packages/distributed/src/messages/rows.ts";
import { emptyReport } from "../../../packages/distributed/src/messages/worker-messages.ts";
import { expandGraph } from "../../../packages/distributed/src/scheduler/expand.ts";
import { SchedulerMachine } from "../../../packages/distributed/src/scheduler/machine.ts";
import type {
  SchedulerEvent,
  SchedulerInstruction,
} from "../../../packages/distributed/src/scheduler/scheduler-events.ts";
import { standIn } from "../../../packages/distributed/src/scheduler/stand-in.ts";

const client = 1;
const worker = 7;

const offer = {
  name: "w",
  address: "w",
  host: "h",
  threads: 1,
  memoryBytesMax: 1e9,
  resources: {},
};
const joins: SchedulerEvent = { kind: "worker-connected", epoch: worker, offer };

/** A scheduler that takes a task for 10 ms, sends one at a time, and has so many equal ones. */
function withTasks(count: number, changes: Partial<RunSettings> = {}): SchedulerMachine {
  const tasks = Array.from(
    { length: count },
    (_, t) => [`t${t}`, task(standIn("f"), [0])] as const,
  );
  const graph = new LayeredGraph().withLayer(new MaterializedLayer("all", tasks));
  const keys = tasks.map(([key]) => key);
  const functions = [{ name: "f", bytes: new Uint8Array(1) }];
  const all = { ...plainSettings, ...changes };
  const plan = { graph, keys, functions, holds: [], settings: all };
  const machine = new SchedulerMachine({ checked: true, windowUs: 0, unknownTaskUs: 10_000 }, 0);
  const events: SchedulerEvent[] = [
    { kind: "client-connected", epoch: client, name: "c" },
    { kind: "client-said", epoch: client, message: { kind: "submit", run: 0, ...plan } },
    { kind: "expanded", epoch: client, run: 0, graph: expandGraph(graph, keys, all) },
  ];
  machine.handle(events, 0);
  return machine;
}

function rowsSent(instructions: readonly SchedulerInstruction[]): Rows {
  return instructions.flatMap((instruction) =>
    instruction.kind === "tell-worker" && instruction.message.kind === "compute"
      ? instruction.message.rows
      : [],
  );
}

it("all tasks that could run count, with workers and without", () => {
  const machine = withTasks(50);
  expect(machine.load(0)).toEqual({
    taskCount: 50,
    workUs: 500_000,
    strandedCount: 0,
    workers: [],
  });
  machine.handle([joins], 0);
  expect(machine.load(0)).toMatchObject({ taskCount: 50, workUs: 500_000 });
});

it("a task that takes longer than expected is expected to, and so are those like it", () => {
  const machine = withTasks(10);
  machine.handle([joins], 0);
  expect(machine.load(2_000)).toMatchObject({ taskCount: 10, workUs: 10 * 2_000_000 });
});

it("what has ended is no work, and its value is counted with its worker", () => {
  const machine = withTasks(2);
  const rows = rowsSent(machine.handle([joins], 0));
  const done = [rows[0] as number, rows[1] as number, 100, 3_000];
  const message = { ...emptyReport, done };
  machine.handle([{ kind: "worker-said", epoch: worker, message } as SchedulerEvent], 3);
  const facts = { name: "w", threads: 1, memoryBytesMax: 1e9, isRetiring: false };
  expect(machine.load(3)).toEqual({
    taskCount: 1,
    workUs: 3_000,
    strandedCount: 0,
    workers: [{ ...facts, taskCount: 1, storedBytes: 100 }],
  });
});

it("tasks that no worker here may run count as stranded, and not as work for more like it", () => {
  const machine = withTasks(5, { resources: { gpu: 1 } });
  expect(machine.load(0)).toMatchObject({ taskCount: 5, strandedCount: 5 });
  machine.handle([joins], 0);
  expect(machine.load(0)).toMatchObject({ taskCount: 0, workUs: 0, strandedCount: 5 });
  machine.handle([{ kind: "disconnected", epoch: client, reason: "" }], 1);
  expect(machine.load(1)).toMatchObject({ taskCount: 0, strandedCount: 0 });
});
