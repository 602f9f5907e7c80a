import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "@millrace/distributed";
import { afterEach, beforeEach, expect, it } from "vitest";

import type { ApiCluster } from "../../../../packages/distributed/src/http/api.ts";
import { SchedulerServer } from "../../../../packages/distributed/src/scheduler/server/scheduler-server.ts";
import { dial } from "../../../../packages/distributed/src/wire/dial.ts";
import type { Dialed } from "../../../../packages/distributed/src/wire/dial.ts";

const log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

const options = { host: "127.0.0.1", port: 0, token: undefined, tls: undefined, log };
let server: SchedulerServer;

beforeEach(async () => {
  server = await SchedulerServer.start({ ...options, clientGraceMs: 150 });
});

afterEach(async () => {
  await server.close();
});

async function greeted(id: string, heard: number | undefined): Promise<Dialed> {
  const session = { id, heard };
  return dial({ url: server.url }, { role: "client", name: "c", session });
}

async function clientCount(of: SchedulerServer): Promise<number> {
  const answer = await fetch(`http://127.0.0.1:${of.port}/api/v1/cluster`);
  return ((await answer.json()) as ApiCluster).clientCount;
}

async function hasClients(count: number, of: SchedulerServer = server): Promise<void> {
  while ((await clientCount(of)) !== count) await sleep(5);
}

it("a client that is back in time is the one that it was", async () => {
  const first = await greeted("s", undefined);
  first.socket.terminate();
  const second = await greeted("s", 0);
  expect(second.epoch).toBe(first.epoch);
  expect(second.session).toEqual({ heard: 0, graceMs: 150 });
  await hasClients(1);
  // The time of the first connection is over.
  await sleep(200);
  expect(await clientCount(server)).toBe(1);
  second.socket.terminate();
});

it("a client that comes later is told that its session is gone", async () => {
  const { socket } = await greeted("s", undefined);
  socket.terminate();
  await hasClients(0);
  await expect(greeted("s", 0)).rejects.toMatchObject({
    code: "distributed/refused",
    message: expect.stringContaining("does not know the session") as unknown,
  });
});

it("a client that closes is not waited for", async () => {
  // A minute, which this test does not have.
  await using patient = await SchedulerServer.start(options);
  const client = await Client.connect(patient.url);
  await hasClients(1, patient);
  await client.close();
  await hasClients(0, patient);
});

it("a client that does not find back rejects what it was asked for", async () => {
  const client = await Client.connect(server.url);
  const future = client.submit((n: number) => n, [1]);
  await hasClients(1);
  // A client that goes on with a session that never was is sent away as well.
  await expect(greeted("other", 7)).rejects.toMatchObject({ code: "distributed/refused" });
  await server.close();
  await expect(future.result()).rejects.toMatchObject({ code: "distributed/scheduler-lost" });
  await client.close();
});
