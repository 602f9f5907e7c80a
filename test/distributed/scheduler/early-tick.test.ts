import { expect, test } from "vitest";

import { SchedulerMachine } from "../../../packages/distributed/src/scheduler/machine.ts";
import type { SchedulerInstruction } from "../../../packages/distributed/src/scheduler/scheduler-events.ts";
import { WorkerMachine } from "../../../packages/distributed/src/worker/machine.ts";
import type { WorkerInstruction } from "../../../packages/distributed/src/worker/worker-events.ts";

const offer = {
  name: "w",
  address: "a",
  host: "h",
  threads: 1,
  memoryBytesMax: 1e9,
  resources: {},
};

function wakeOf(all: readonly (SchedulerInstruction | WorkerInstruction)[]): number | undefined {
  for (const each of all) if (each.kind === "wake") return each.atMs;
  return undefined;
}

// Timers of the system count whole milliseconds, and come up to one too early.
test("a scheduler whose tick comes too early asks for another one", () => {
  const machine = new SchedulerMachine({}, 0);
  const atMs = wakeOf(machine.handle([{ kind: "worker-connected", epoch: 1, offer }], 0)) ?? NaN;
  expect(wakeOf(machine.handle([{ kind: "ticked" }], atMs - 0.5))).toBe(atMs);
});

test("a worker whose tick comes too early asks for another one", () => {
  const machine = new WorkerMachine(offer, {}, 0);
  const atMs = wakeOf(machine.handle([{ kind: "connected" }], 0)) ?? NaN;
  expect(wakeOf(machine.handle([{ kind: "ticked" }], atMs - 0.5))).toBe(atMs);
});
