import { Client, KilledWorkerError, LocalCluster } from "@millrace/distributed";
import { expect, test } from "vitest";
import { rejection } from "../lib/until.ts";

const kill = (): void => void process.kill(process.pid, "SIGKILL");

test("task after task that kills its worker fails, and the workers are there again", async () => {
  await using cluster = await LocalCluster.start({ workers: 2, memoryLimit: "512MiB" });
  await using client = await Client.connect(cluster);
  for (let n = 0; n < 6; n++) {
    const error = await rejection(client.submit(kill, []).result());
    expect(error).toBeInstanceOf(KilledWorkerError);
  }
  expect(await client.submit((n: number) => n + 1, [41]).result()).toBe(42);
  expect(cluster.size).toBe(2);
});
