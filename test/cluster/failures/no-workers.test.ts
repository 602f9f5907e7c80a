import { DistributedError } from "@millrace/distributed";
import { expect, test } from "vitest";
import { scratchFolder } from "../../lib/scratch-folder.ts";
import { SharedCluster } from "../lib/shared-cluster.ts";
import { TestCluster } from "../lib/test-cluster.ts";
import { rejection, until } from "../lib/until.ts";

const shared = new SharedCluster({ workers: 1, scheduler: { noWorkersWarnMs: 100 } });
const plus = (n: number): number => n + 1;

// Row 31, as all of this file.
test("of a task that no worker may run log and client are told, and it runs when one comes", async () => {
  const { client, cluster } = shared;
  const told: Error[] = [];
  const listen = (warning: Error): number => told.push(warning);
  process.on("warning", listen);
  try {
    const rare = client.submit(plus, [1], { key: "rare", workers: ["worker-1"] });
    expect(await client.submit(plus, [2]).result()).toBe(3);
    await until("a warning", () => told.length > 0);
    expect(told[0]).toMatchObject({ name: "MillraceWarning", code: "MILLRACE_NO_WORKERS" });
    expect(told[0]?.message).toContain(
      "asks for one of the workers worker-1, and 1 worker: worker-0",
    );
    const line = cluster.events.all.find(({ event }) => event === "tasks wait for a worker");
    expect(line).toMatchObject({ level: "warn", facts: { tasks: 1, key: rare.key } });
    expect(rare.status).toBe("pending");
    await cluster.add();
    expect(await rare.result()).toBe(2);
    expect(told).toHaveLength(1);
  } finally {
    process.off("warning", listen);
  }
});

test("with a limit a task that no worker may run fails, and says what was missing", async () => {
  const folder = scratchFolder();
  const scheduler = { noWorkersTimeoutMs: 200 };
  await using cluster = await TestCluster.start({ folder, workers: 0, scheduler });
  const client = await cluster.connect();
  const error = await rejection(client.submit(plus, [1], { key: "lonely" }).result());
  expect(error).toBeInstanceOf(DistributedError);
  expect(error).toMatchObject({ code: "distributed/no-workers" });
  expect(error.message).toContain('within 0.2 s, got "lonely');
});
