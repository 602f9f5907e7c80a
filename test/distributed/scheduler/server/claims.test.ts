import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { Client } from "@millrace/distributed";
import { expect, it } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { Claims } from "../../../../packages/distributed/dist/scheduler/server/claims.js";
import { dial } from "../../../../packages/distributed/dist/wire/dial.js";
import { Served, token } from "../../http/served.ts";

// Input 61.
it("a worker does not get the name of one that is alive, and is told so", async () => {
  await using served = await Served.start();
  const first = await served.addWorker("dup");
  await expect(served.addWorker("dup")).rejects.toMatchObject({
    code: "distributed/name-conflict",
    message: expect.stringMatching(
      /^connect: a worker of this name is there and alive, got "dup" for ws:.* Give another one by --name/,
    ),
  });
  await served.addWorker("other");
  await using client = await Client.connect(served.server.url, { token });
  expect([...(await client.run(() => 1)).keys()].toSorted()).toEqual(["dup", "other"]);
  await first.close();
  await served.addWorker("dup");
});

it("a worker that comes back gets its name, though its old connection looks open", async () => {
  await using served = await Served.start();
  const address = { url: served.server.url, token };
  const place = { name: "back", address: "tcp://127.0.0.1:9" };
  const hello = { role: "worker", instance: "one", ...place } as const;
  const before = await dial(address, hello);
  const closed = once(before.socket, "close");
  before.socket.resume();
  const after = await dial(address, hello);
  await closed;
  after.socket.resume();
  await expect(dial(address, { ...hello, instance: "two" })).rejects.toMatchObject({
    code: "distributed/name-conflict",
  });
  after.socket.terminate();
});

it("a name whose worker does not answer is free", async () => {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const connected = async () => {
    const coming = once(server, "connection") as Promise<[WebSocket]>;
    const near = new WebSocket(`ws://127.0.0.1:${port}`);
    await once(near, "open");
    return { near, far: (await coming)[0] };
  };
  const [silent, first, second] = [await connected(), await connected(), await connected()];
  const names = new Claims(50);
  expect(await names.take("w", { instance: "a" }, silent.far)).toBe(true);
  silent.near.pause();
  // What it had sent at last was wrong.
  const terminate = silent.far.terminate.bind(silent.far);
  silent.far.on("error", () => undefined);
  silent.far.terminate = () => {
    terminate();
    queueMicrotask(() => silent.far.emit("error", new Error("a bad frame")));
  };
  // Both ask at once, and one gets it.
  const taken = [
    names.take("w", { instance: "b" }, first.far),
    names.take("w", { instance: "c" }, second.far),
  ];
  expect((await Promise.all(taken)).filter(Boolean)).toEqual([true]);
  for (const { near } of [silent, first, second]) near.terminate();
  server.close();
});
