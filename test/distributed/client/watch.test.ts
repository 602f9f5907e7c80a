import { existsSync, readFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { Bag } from "@millrace/bag";
import { Client } from "@millrace/distributed";
import type { Progress } from "@millrace/graph";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { RecentLog } from "../../../packages/distributed/dist/recent-log.js";
import { scratchFolder } from "../../lib/scratch-folder.ts";
import { Served, noLog, token } from "../http/served.ts";

let served: Served;
let client: Client;

beforeAll(async () => {
  served = await Served.start();
  await served.addWorker("alice");
  await served.addWorker("bob");
  client = await Client.connect(served.server.url, { token });
});

afterAll(async () => {
  await client.close();
  await served[Symbol.asyncDispose]();
});

it("a client tells what its scheduler says of itself", async () => {
  const { url, workers, workerCount } = await client.info();
  expect([url, workerCount]).toEqual([served.server.url, 2]);
  expect(workers.map(({ name }) => name)).toEqual(["alice", "bob"]);
});

describe("logs", () => {
  it("of workers come over their connections", async () => {
    const logs = await client.workerLogs();
    expect([...logs.keys()].toSorted()).toEqual(["alice", "bob"]);
    const line = `info  connected url=${served.server.url}`;
    for (const lines of logs.values()) expect(lines[0]).toContain(line);
    expect(await client.workerLogs("bob")).toEqual(new Map([["bob", logs.get("bob")]]));
    const refused = await client.workerLogs("nobody").then(
      () => "",
      (error: unknown) => String(error),
    );
    expect(refused.replace(served.server.url, "<url>")).toMatchInlineSnapshot(
      `"DistributedError: Client: the scheduler cannot answer, got "there is no worker of this name" from <url>, wanted an answer. Look at what it was asked, and at its log."`,
    );
  });

  it("of the scheduler tell who came", async () => {
    const lines = await client.schedulerLogs();
    expect(lines.filter((line) => line.includes("worker joined"))).toHaveLength(2);
    expect(lines.join("\n")).not.toContain(token);
  });

  it("are the last lines, few and short enough to be kept", () => {
    const log = new RecentLog(noLog);
    for (let n = 0; n < 3_000; n++) log.info(`line ${n}`, { text: "a\nb" });
    const lines = log.lines(10_000);
    expect(lines).toHaveLength(1_000);
    expect(lines.at(-1)).toMatch(/ line 2999 text="a\\nb"$/);
    expect(log.lines(2)).toEqual(lines.slice(-2));
    expect(log.lines(0)).toEqual([]);
    for (let n = 0; n < 200; n++) log.error("x".repeat(100_000));
    const kept = log.lines(10_000);
    expect(kept.join("").length).toBeLessThanOrEqual(262_144);
    expect(kept[0]).toHaveLength(4_097);
  });
});

describe("a dump", () => {
  it("holds all that is known, and no values and no secrets", async () => {
    const secret = "a value of a task";
    using future = client.submit((text: string) => `${text}!`, [secret], { key: "dumped" });
    await future.result();
    const path = join(scratchFolder(), "dump.jsonl.gz");
    await client.dump(path);
    const text = gunzipSync(readFileSync(path)).toString();
    const lines = text
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    const kinds = [...new Set(lines.map(({ kind }) => kind))];
    expect(kinds).toEqual([
      "dump",
      "cluster",
      "worker",
      "run",
      "group",
      "event",
      "attempt",
      "story",
      "log",
      "end",
    ]);
    expect(lines[0]).toMatchObject({ format: 1 });
    expect(lines.at(-1)).toEqual({ kind: "end", count: lines.length - 1 });
    expect(lines.filter(({ kind }) => kind === "log").map(({ worker }) => worker)).toEqual([
      null,
      "alice",
      "bob",
    ]);
    const attempt = lines.find(({ kind, key }) => kind === "attempt" && key === "dumped");
    expect(attempt).toMatchObject({ outcome: "done" });
    expect(text).not.toContain(secret);
    expect(text).not.toContain(token);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it("leaves nothing behind where it cannot be written", async () => {
    const folder = scratchFolder();
    await expect(client.dump(join(folder, "none", "dump"))).rejects.toMatchObject({
      code: "ENOENT",
    });
    await using gone = await Client.connect(served.server.url, { token });
    await gone.close();
    const path = join(folder, "dump");
    await expect(gone.dump(path)).rejects.toMatchObject({ code: "distributed/client-closed" });
    expect([existsSync(path), readdirSync(folder)]).toEqual([false, []]);
  });
});

it("a scheduler that is gone is told of", async () => {
  const other = await Served.start();
  await using own = await Client.connect(other.server.url, { token });
  await other[Symbol.asyncDispose]();
  await expect(own.info()).rejects.toMatchObject({ code: "distributed/unreachable" });
});

it("the progress of a collection comes over the wire, to its end", async () => {
  const seen: Progress[] = [];
  const bag = Bag.range(200, { npartitions: 40 }).map((n) => n + 1);
  const sum = await bag.sum().compute({ executor: client, onProgress: (each) => seen.push(each) });
  expect(sum).toBe(20_100);
  const last = seen.at(-1) as Progress;
  expect(seen[0]).toMatchObject({ done: 0, total: last.total, retried: 0 });
  expect(last).toMatchObject({ done: last.total, running: 0 });
  const dones = seen.map(({ done }) => done);
  expect(dones).toEqual(dones.toSorted((a, b) => a - b));
});

it("events of tasks come over the wire, one an attempt", async () => {
  const keys: string[] = [];
  const bag = Bag.range(20, { npartitions: 4 }).map((n) => n + 1);
  await bag.count().compute({ executor: client, onTask: ({ key }) => keys.push(key) });
  expect(keys.length).toBeGreaterThanOrEqual(4);
  expect(new Set(keys).size).toBe(keys.length);
});
