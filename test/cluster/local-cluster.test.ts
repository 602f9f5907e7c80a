import type { Log } from "@millrace/distributed";
import { Client, LocalCluster } from "@millrace/distributed";
import { expect, test } from "vitest";
import { until } from "./lib/until.ts";

const limit = { memoryLimit: "512MiB" };
const plus = (n: number): number => n + 1;

test("of two changes of size at once the last one counts", async () => {
  await using cluster = await LocalCluster.start({ workers: 0, ...limit });
  await Promise.all([cluster.scale(1), cluster.scale(1)]);
  expect(cluster.size).toBe(1);
  await Promise.all([cluster.scale(2), cluster.scale(0)]);
  expect(cluster.size).toBe(0);
});

test("a cluster that is closed is not scaled, nor is one that is closed meanwhile", async () => {
  const cluster = await LocalCluster.start({ workers: 0, processes: false });
  const [first, second] = [cluster.scale(1), cluster.scale(2)].map((each) =>
    each.then(
      () => "scaled",
      (error: unknown) => String(error),
    ),
  );
  await first;
  await cluster.close();
  const refusal = expect.stringContaining("LocalCluster.scale: there is nothing to scale");
  expect(["scaled", refusal]).toContainEqual(await second);
  await expect(cluster.scale(1)).rejects.toMatchObject({ code: "distributed/invalid-argument" });
  expect(() => cluster.adapt()).toThrowErrorMatchingInlineSnapshot(
    `[DistributedError: LocalCluster.adapt: there is nothing to scale, got a cluster that is closed, wanted one that is not. Start another one.]`,
  );
});

test("a worker that is given up is told of, and replaced", async () => {
  const told: unknown[] = [];
  const log: Log = {
    debug: () => undefined,
    info: () => undefined,
    warn: () => undefined,
    error: (event, facts) => void told.push([event, facts]),
  };
  await using cluster = await LocalCluster.start({ workers: 1, log, ...limit });
  await using client = await Client.connect(cluster);
  for (const dead = new Set<number>(); cluster.size > 0;) {
    const next = (): number | undefined => cluster.workers.map(({ pid }) => pid ?? 0)[0];
    const isNew = (pid: number | undefined): boolean => pid === undefined || !dead.has(pid);
    const [pid] = await until("another one, or none", () =>
      next() !== 0 && isNew(next()) ? [next()] : undefined,
    );
    if (pid === undefined) break;
    dead.add(pid);
    process.kill(pid, "SIGKILL");
  }
  expect(told).toEqual([
    [
      "worker given up",
      {
        name: "worker-0",
        reason: expect.stringMatching(
          /^it was started anew 5 times within 60 s; the last died of signal SIGKILL/,
        ),
        replacedInMs: 1000,
      },
    ],
  ]);
  expect(await client.submit(plus, [1]).result()).toBe(2);
  expect(cluster.workers.map(({ name }) => name)).toEqual(["worker-1"]);
}, 30_000);
