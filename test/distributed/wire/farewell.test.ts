import { spawn } from "node:child_process";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { LocalCluster } from "@millrace/distributed";
import { expect, it, onTestFinished } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { Connection } from "../../../packages/distributed/dist/wire/connection.js";

/** The two ends of a connection. */
async function ends(): Promise<{ near: WebSocket; far: WebSocket }> {
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
  await once(server, "listening");
  const coming = once(server, "connection") as Promise<[WebSocket]>;
  const near = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const [[far]] = await Promise.all([coming, once(near, "open")]);
  onTestFinished(() => {
    near.terminate();
    far.terminate();
    server.close();
  });
  return { near, far };
}

function texts(socket: WebSocket, heard: (of: string) => void, closed: (reason: string) => void) {
  return new Connection<{ readonly text: string }, string>(socket, {
    pack: (message) => message,
    unpack: (fields) => fields.text("text", 100_000),
    heard: (messages) => messages.forEach(heard),
    closed,
  });
}

const silent = (): void => undefined;

it("a peer that is stopped does not hold up the end of a connection", async () => {
  const { near, far } = await ends();
  far.pause();
  const connection = texts(near, silent, silent);
  connection.send({ text: "x" });
  const startMs = performance.now();
  connection.close("it is over");
  await once(near, "close");
  expect(performance.now() - startMs).toBeLessThan(10_000);
});

it("what was sent before the end arrives at a peer that reads late", async () => {
  const { near, far } = await ends();
  far.pause();
  const connection = texts(near, silent, silent);
  const text = "x".repeat(100_000);
  for (let n = 0; n < 300; n++) {
    connection.send({ text });
    // One frame each.
    await Promise.resolve();
  }
  connection.close("it is over");
  await new Promise((resolve) => setTimeout(resolve, 500));
  let count = 0;
  const reason = await new Promise<string>((resolve) => {
    texts(far, () => void count++, resolve);
  });
  expect([count, reason]).toEqual([300, "it is over"]);
});

it("a client that is stopped does not hold up the end of its cluster", async () => {
  const cluster = await LocalCluster.start({ workers: 0 });
  const { url, token = "" } = cluster.scheduler;
  const program = fileURLToPath(new URL("../../cluster/lib/client-process.mjs", import.meta.url));
  const child = spawn(process.execPath, [program, url, token], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  await once(child.stdout, "data");
  child.kill("SIGSTOP");
  const startMs = performance.now();
  await cluster.close();
  expect(performance.now() - startMs).toBeLessThan(10_000);
});
