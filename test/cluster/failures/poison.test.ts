import { Client, KilledWorkerError, LocalCluster } from "@millrace/distributed";
import { expect, test } from "vitest";
import { rejection } from "../lib/until.ts";

const plus = (n: number): number => n + 1;
const kill = (): void => void process.kill(process.pid, "SIGKILL");

test("task after task that kills its worker fails, and the workers are there again", async () => {
  await using cluster = await LocalCluster.start({ workers: 2, memoryLimit: "512MiB" });
  await using client = await Client.connect(cluster);
  // So often that deaths which counted would have their nannies give up.
  for (let n = 0; n < 4; n++) {
    const error = await rejection(client.submit(kill, []).result());
    expect(error).toBeInstanceOf(KilledWorkerError);
  }
  expect(await client.submit(plus, [41]).result()).toBe(42);
  expect(cluster.size).toBe(2);
});

test("the error says how each of its workers died, with their last words", async () => {
  await using cluster = await LocalCluster.start({ workers: 3, memoryLimit: "512MiB" });
  await using client = await Client.connect(cluster);
  const abort = async (): Promise<void> => {
    const { writeSync } = await import("node:fs");
    for (let n = 0; n < 40; n++) writeSync(2, `line ${n}\n`);
    writeSync(2, "last \u001b[31mwords\n");
    process.kill(process.pid, "SIGABRT");
  };
  const error = (await rejection(client.submit(abort, []).result(), 25_000)) as KilledWorkerError;
  expect(error).toBeInstanceOf(KilledWorkerError);
  expect(error.deaths.map(({ worker }) => worker)).toEqual(error.workers);
  expect(error.deaths.map(({ exit }) => exit)).toEqual(Array(3).fill("signal SIGABRT"));
  for (const { worker, stderr = "" } of error.deaths) {
    expect(error.message).toContain(`${worker} (signal SIGABRT)`);
    const lines = stderr.split("\n");
    expect(lines).toHaveLength(20);
    expect(lines.at(-1)).toBe("last \\u001b[31mwords");
  }
  expect(await client.submit(plus, [41]).result()).toBe(42);
});
