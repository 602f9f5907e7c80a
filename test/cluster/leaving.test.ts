import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { Client, LocalCluster } from "@millrace/distributed";
import { expect, test } from "vitest";

import { until } from "./lib/until.ts";

const program = fileURLToPath(new URL("lib/client-process.mjs", import.meta.url));

test.each(["exit", "throw"])("a process that ends by %s takes back what it wanted", async (how) => {
  await using cluster = await LocalCluster.start({ workers: 1, processes: false });
  await using client = await Client.connect(cluster);
  const { url, token = "" } = cluster.scheduler;
  const child = spawn(process.execPath, [program, url, token, how], {
    stdio: ["pipe", "pipe", "ignore"],
  });
  let said = "";
  child.stdout.on("data", (chunk: Buffer) => (said += chunk.toString()));
  await until("its task", async () => said !== "" && (await client.info()).tasks.processing === 1);
  child.stdin.write("end\n");
  await until("the end", () => child.exitCode !== null);
  // The scheduler waits a minute for a client whose connection broke.
  await until("nothing is left", async () => (await client.info()).runCount === 0, 5_000);
  const { tasks, clientCount } = await client.info();
  expect([said, child.exitCode, tasks.processing, clientCount]).toEqual([
    "pending\n",
    how === "exit" ? 3 : 1,
    0,
    1,
  ]);
});
