import { WebSocketServer } from "ws";
import { Client, SchedulerLostError, VersionMismatchError, getWorker } from "@millrace/distributed";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { encodeControl } from "../../../packages/distributed/dist/codec/control/control-frame.js";
import { createToken } from "../../../packages/distributed/dist/deploy/security/token.js";
import { Nanny } from "../../../packages/distributed/dist/nanny/nanny.js";
import { SchedulerProcess } from "../../distributed/wire/hostile/scheduler-process.ts";
import { scratchFolder } from "../../lib/scratch-folder.ts";
import { Events } from "../lib/events.ts";
import { gone } from "../lib/processes.ts";
import { SharedCluster } from "../lib/shared-cluster.ts";
import { begin, waiting } from "../lib/signals.ts";
import { rejection, until } from "../lib/until.ts";

const shared = new SharedCluster({ workers: 1 });

function workerOf(scheduler: string, token: string): Nanny {
  const worker = {
    scheduler,
    token,
    name: "worker",
    threads: 1,
    memoryBytesMax: 2 ** 29,
    localDirectory: scratchFolder(),
    resources: {},
    host: "127.0.0.1",
    deathTimeoutMs: 500,
  };
  const nanny = Nanny.start({ worker, log: new Events() });
  onTestFinished(async () => void (await nanny.kill()));
  return nanny;
}

// Row 5.
test("when a scheduler dies futures reject, and its workers end and are not started again", async () => {
  const token = createToken();
  await using scheduler = await SchedulerProcess.start({ token });
  const nanny = workerOf(scheduler.url, token);
  await nanny.ready;
  const { pid } = nanny;
  await using client = await Client.connect(scheduler.url, { token });
  const forever = client.submit(() => new Promise(() => undefined), []);
  const rejected = rejection(forever.result(), 5_000);
  await until("it runs", () => forever.status === "pending");
  process.kill(scheduler.pid, "SIGKILL");
  expect(await rejected).toBeInstanceOf(SchedulerLostError);
  expect(await rejection(client.submit(() => 1, []).result())).toBeInstanceOf(SchedulerLostError);
  expect((await nanny.ended).kind).toBe("scheduler-lost");
  await gone(pid as number);
});

// Row 6.
test("what a client that is gone wanted is cancelled, and others are not touched", async () => {
  const { cluster, client, signals, folder } = shared;
  const other = await cluster.connect({ name: "other" });
  const heeding = async (): Promise<void> => {
    begin(folder, "heeding");
    const { signal } = getWorker();
    await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
    writeFileSync(join(folder, "cancelled"), "");
  };
  const wanted = other.submit(heeding, []);
  const unheard = rejection(wanted.result());
  const kept = client.submit(waiting<number>, [folder, "kept", 7]);
  await signals.begun("heeding");
  await other.close();
  await unheard;
  await until("it is cancelled", () => signals.has("cancelled"));
  signals.go("kept");
  expect(await kept.result()).toBe(7);
});

/** A scheduler of another version. */
async function stranger(): Promise<string> {
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
  const reason = "worker 0.1.0 speaks protocol 1, scheduler 9.9.9 needs 99";
  server.on("connection", (socket) =>
    socket.on("message", () => socket.send(encodeControl({ kind: "mismatch", reason }))),
  );
  onTestFinished(() => {
    for (const socket of server.clients) socket.terminate();
    server.close();
  });
  await new Promise<void>((resolve) => server.once("listening", () => resolve()));
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

// Row 23.
test("a peer of another version is refused by its name, and no worker is started again", async () => {
  const url = await stranger();
  const token = createToken();
  const error = await rejection(Client.connect(url, { token }));
  expect(error).toBeInstanceOf(VersionMismatchError);
  expect(error.message).toContain("scheduler 9.9.9 needs 99");
  const end = await workerOf(url, token).ended;
  expect(end.kind).toBe("refused");
  expect(end.reason).toContain("scheduler 9.9.9 needs 99");
});
