import { fork } from "node:child_process";
import { readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { openWorkerDirectory } from "../../../packages/distributed/dist/worker/store/worker-directory.js";
import { scratchFolder } from "../../lib/scratch-folder.ts";
import { childrenOf, gone } from "../lib/processes.ts";
import { until } from "../lib/until.ts";

/** A program with a cluster: its process, and those of its workers. */
async function program(folder: string) {
  const main = new URL("../lib/local-cluster-process.mjs", import.meta.url);
  const env = { ...process.env, TMPDIR: folder };
  const child = fork(main, [], { execArgv: [], env, stdio: ["ignore", "pipe", "ignore", "ipc"] });
  let said = "";
  child.stdout?.on("data", (chunk: Buffer) => (said += chunk.toString()));
  await until("the cluster is there", () => said.includes("ready"), 25_000);
  const { pid = 0 } = child;
  return { pid, workers: childrenOf(pid) };
}

// Rows 29 and 30.
test.each(["SIGINT", "SIGTERM", "SIGKILL"] as const)(
  "a cluster of a program that ends by %s leaves no process and no file",
  async (signal) => {
    const folder = scratchFolder();
    const { pid, workers } = await program(folder);
    expect(workers).toHaveLength(2);
    process.kill(pid, signal);
    for (const each of [pid, ...workers]) await gone(each, 5_000);
    const next = await openWorkerDirectory(folder);
    expect(next.leftovers.removed).toEqual([]);
    await next.remove();
    expect(readdirSync(folder).filter((name) => name.startsWith("millrace"))).toEqual([]);
  },
);

// Row 30.
test("a worker alone in a stopped program ends with it all the same", async () => {
  const { pid, workers } = await program(scratchFolder());
  process.kill(pid, "SIGSTOP");
  process.kill(pid, "SIGKILL");
  for (const each of [pid, ...workers]) await gone(each, 5_000);
});
