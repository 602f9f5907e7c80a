import { Client, LocalCluster } from "@millrace/distributed";
import { expect, test } from "vitest";

test("workers in the process of the program compute, come and go, and end with it", async () => {
  const cluster = await LocalCluster.start({ workers: 1, threadsPerWorker: 2, processes: false });
  expect(cluster.workers).toEqual([{ name: "worker-0", pid: process.pid, threads: 2 }]);
  await using client = await Client.connect(cluster);
  const pids = await client.run(() => process.pid);
  expect([...pids.values()]).toEqual([process.pid]);

  await cluster.scale(3);
  const square = (n: number): number => n * n;
  using kept = client.submit(square, [12]);
  const squares = await client.gather(client.map(square, [1, 2, 3, 4]));
  expect([cluster.size, squares]).toEqual([3, [1, 4, 9, 16]]);

  // What those that go have is handed over.
  await cluster.scale(1);
  expect(cluster.workers.map(({ name }) => name)).toEqual(["worker-0"]);
  expect(await kept.result()).toBe(144);

  await cluster.close();
  expect(cluster.size).toBe(0);
  const late = client.submit(square, [2]).result();
  await expect(late).rejects.toMatchObject({ code: "distributed/scheduler-lost" });
});
