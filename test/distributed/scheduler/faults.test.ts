import { Client, SchedulerLostError } from "@millrace/distributed";
import { expect, test, vi } from "vitest";

import { createToken } from "../../../packages/distributed/dist/deploy/security/token.js";
import { SchedulerMachine } from "../../../packages/distributed/dist/scheduler/machine.js";
import type { SchedulerEvent } from "../../../packages/distributed/dist/scheduler/scheduler-events.js";
import { SchedulerServer } from "../../../packages/distributed/dist/scheduler/server/scheduler-server.js";
import { Events } from "../../cluster/lib/events.ts";
import { rejection } from "../../cluster/lib/until.ts";

const offer = { address: "a", host: "h", threads: 1, memoryBytesMax: 1e9, resources: {} };
/** What no reader of messages lets through: it stands for a mistake of ours. */
const unread = { kind: "worker-said", epoch: 1, message: { kind: "report" } } as SchedulerEvent;

function withWorkers(settings: { readonly checked: boolean }): SchedulerMachine {
  const machine = new SchedulerMachine(settings, 0);
  for (const epoch of [1, 2]) {
    machine.handle([{ kind: "worker-connected", epoch, offer: { ...offer, name: "w" } }], 0);
  }
  return machine;
}

test("a message that a scheduler fails on costs its peer the connection, and nobody else", () => {
  const machine = withWorkers({ checked: false });
  const [first] = machine.handle([unread], 1);
  expect(first).toMatchObject({ kind: "disconnect", epoch: 1 });
  expect((first as { fault?: unknown }).fault).toBeInstanceOf(TypeError);
  expect(machine.snapshot.workers.map(({ epoch }) => epoch)).toEqual([2]);
  machine.validate();
});

test("a scheduler that checks itself, as in tests, throws instead", () => {
  expect(() => withWorkers({ checked: true }).handle([unread], 1)).toThrow(TypeError);
});

test("a scheduler that cannot go on ends, logs why and tells everybody", async () => {
  const token = createToken();
  const log = new Events();
  const options = { host: "127.0.0.1", port: 0, token, tls: undefined };
  const server = await SchedulerServer.start({ ...options, log });
  const client = await Client.connect(server.url, { token });
  const result = rejection(client.submit((n: number) => n, [1]).result());
  const handle = vi.spyOn(SchedulerMachine.prototype, "handle").mockImplementation(() => {
    throw new Error("counters do not add up");
  });
  try {
    expect(await result).toBeInstanceOf(SchedulerLostError);
    expect((await result).message).toContain("the scheduler is broken: counters do not add up");
    expect(await server.ended).toContain("counters do not add up");
    expect(log.of("scheduler broken")).toHaveLength(1);
  } finally {
    handle.mockRestore();
    await client.close();
    await server.close();
  }
});
