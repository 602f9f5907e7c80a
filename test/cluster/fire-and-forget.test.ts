import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Future } from "@millrace/distributed";
import { Client } from "@millrace/distributed";
import { CancelledError } from "@millrace/graph";
import { afterEach, beforeEach, expect, test } from "vitest";
import { client, cluster } from "./lib/open-cluster.ts";

const program = fileURLToPath(new URL("lib/forgetting-process.mjs", import.meta.url));
let folder = "";

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "millrace-forgotten-"));
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

/** A task that waits for a file before it writes another one. */
async function writes(path: string): Promise<Uint8Array> {
  const fs = await import("node:fs");
  fs.writeFileSync(`${path}/begun`, "");
  while (!fs.existsSync(`${path}/go`)) await new Promise((resolve) => setTimeout(resolve, 10));
  fs.writeFileSync(`${path}/done`, "done");
  return new Uint8Array(1_000);
}

const comes = (name: string): Promise<void> =>
  expect.poll(() => readFile(join(folder, name), "utf8").catch(() => undefined)).toBeDefined();

/** How many tasks the scheduler knows, and values are kept. */
const tasks = async (): Promise<number> =>
  Object.values((await client.info()).tasks).reduce((sum, count) => sum + count, 0);

async function hasRunToItsEnd(): Promise<void> {
  await writeFile(join(folder, "go"), "");
  await comes("done");
  await expect.poll(tasks).toBe(0);
}

test.for<[string, (future: Future<unknown>, by: Client) => unknown]>([
  ["its future is released", (future) => future.release()],
  ["its future is cancelled", (future) => future.cancel()],
  ["its client is closed", (_, by) => by.close()],
])("a task that is fired and forgotten runs to its end when %s", async ([, end]) => {
  const other = await Client.connect(cluster);
  const future = other.submit(writes, [folder]);
  other.fireAndForget(future);
  await end(future, other);
  await comes("begun");
  await hasRunToItsEnd();
  await other.close();
});

test("also when the process of its client ends", async () => {
  const { url, token = "" } = cluster.scheduler;
  const child = spawn(process.execPath, [program, url, token, folder], { stdio: "ignore" });
  await once(child, "exit");
  await expect.poll(async () => (await client.info()).clientCount).toBe(1);
  await hasRunToItsEnd();
});

test("so does what it reads, and one that fails is let go of as well", async () => {
  const other = await Client.connect(cluster);
  const first = other.submit(writes, [folder]);
  const second = other.submit(
    ({ length }: Uint8Array): number => {
      throw new Error(`there are ${length}`);
    },
    [first],
  );
  other.fireAndForget(second);
  await other.close();
  await hasRunToItsEnd();
});

test("what has ended is not kept, nor what was given up before", async () => {
  const done = client.submit((n: number) => n, [1]);
  await done.settled();
  client.fireAndForget(done);
  const given = client.submit(writes, [folder]);
  await given.cancel();
  expect(() => client.fireAndForget(given)).toThrow(CancelledError);
  done.release();
  given.release();
  await expect.poll(tasks).toBe(0);
});

test("only a future of this client can be kept", async () => {
  await using other = await Client.connect(cluster);
  const future = other.submit((n: number) => n, [1]);
  expect(() => client.fireAndForget(future)).toThrow("a future belongs to another client");
  future.release();
  expect(() => other.fireAndForget(future)).toThrow("the future was released");
  expect(() => client.fireAndForget(undefined as never)).toThrow(
    "Client.fireAndForget: this is no future, got undefined",
  );
});
