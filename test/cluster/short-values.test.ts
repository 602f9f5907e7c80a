import { Client } from "@millrace/distributed";
import { afterAll, expect, test } from "vitest";
import { RemoteWorker } from "../../packages/distributed/dist/worker/host/remote-worker.js";
import { scratchFolder } from "../lib/scratch-folder.ts";
import { checkedScheduler } from "./lib/checked-scheduler.ts";
import { Decoy } from "./lib/decoy.ts";
import { Events } from "./lib/events.ts";
import { plainWorker } from "./lib/plain-worker.ts";

const token = "a-token-of-more-than-sixteen-characters";
const log = new Events();
const server = await checkedScheduler(token, log);
const decoy = await Decoy.start(token);
const worker = await RemoteWorker.start({
  ...plainWorker({
    scheduler: server.url,
    token,
    name: "w",
    localDirectory: scratchFolder(),
    log,
  }),
  contact: decoy.contact,
});

afterAll(async () => {
  await worker.close();
  await decoy[Symbol.asyncDispose]();
  await server.close();
});

const textOf = (length: number): string => "x".repeat(length);

test("short values come with the news, and again as often as they are asked for", async () => {
  await using client = await Client.connect(server.url, { token });
  using future = client.submit(textOf, [900]);
  expect(await future.result()).toBe("x".repeat(900));
  expect(await future.result()).toBe("x".repeat(900));
  const many = client.map((n: number) => [n, { square: n * n }], [1, 2, 3]);
  expect(await client.gather(many)).toEqual([
    [1, { square: 1 }],
    [2, { square: 4 }],
    [3, { square: 9 }],
  ]);
  const task = client.submit((text: string) => text.length, [future]);
  expect(await task.result()).toBe(900);
  expect(decoy.asked).toEqual([]);
});

test.each([
  ["longer ones", (client: Client) => client.submit(textOf, [1_100])],
  ["such with buffers", (client: Client) => client.submit(() => new Float64Array(1_000), [])],
  [
    "those of runs with many outputs",
    (client: Client) => client.map((n: number) => n, [...Array(33).keys()])[0],
  ],
])("%s are asked for", async (_, make) => {
  // Another one may still ask for what its test wanted.
  await using client = await Client.connect(server.url, { token });
  decoy.asked.length = 0;
  using future = make(client);
  void future?.result().catch(() => undefined);
  await expect.poll(() => decoy.asked.length, { timeout: 10_000 }).toBeGreaterThan(0);
});
