import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { expectSignsOfLife } from "../../../packages/distributed/src/wire/signs-of-life.ts";

const signs = { everyMs: 10, missesMax: 3 };

/** A client of a server that answers pings, or only says something, or nothing. */
async function connected(server: "answers" | "talks" | "is silent"): Promise<WebSocket> {
  const sockets = new WebSocketServer({
    host: "127.0.0.1",
    port: 0,
    autoPong: server === "answers",
  });
  sockets.on("connection", (socket) => {
    const talk = setInterval(() => server === "talks" && socket.send("I am here"), 10);
    socket.on("close", () => clearInterval(talk));
  });
  await once(sockets, "listening");
  const client = new WebSocket(`ws://127.0.0.1:${(sockets.address() as AddressInfo).port}`);
  onTestFinished(() => {
    client.terminate();
    sockets.close();
  });
  await once(client, "open");
  return client;
}

it("breaks the connection to a peer that answers nothing", async () => {
  const socket = await connected("is silent");
  expectSignsOfLife(socket, signs);
  const [code] = (await once(socket, "close")) as [number];
  expect(code).toBe(1006);
});

it.each(["answers", "talks"] as const)("leaves a peer alone that %s", async (server) => {
  const socket = await connected(server);
  let pings = 0;
  const ping = socket.ping.bind(socket);
  socket.ping = () => {
    pings++;
    ping();
  };
  expectSignsOfLife(socket, signs);
  await expect.poll(() => pings).toBeGreaterThan(10);
  expect(socket.readyState).toBe(socket.OPEN);
});

it("does not blame a peer for what this process has not heard while it was at work", async () => {
  const socket = await connected("answers");
  expectSignsOfLife(socket, signs);
  for (let n = 0; n < 3; n++) {
    for (const endMs = performance.now() + 100; performance.now() < endMs;);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  expect(socket.readyState).toBe(socket.OPEN);
});
