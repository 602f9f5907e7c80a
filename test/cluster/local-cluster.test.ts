import type { LocalClusterOptions } from "@millrace/distributed";
import { Client, LocalCluster } from "@millrace/distributed";
import { expect, test } from "vitest";
import { pause, rejection } from "./lib/until.ts";

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
  const log: NonNullable<LocalClusterOptions["log"]> = {
    debug: () => undefined,
    info: () => undefined,
    warn: () => undefined,
    error: (event, facts) => void told.push([event, facts]),
  };
  await using cluster = await LocalCluster.start({ workers: 1, log, ...limit });
  await using client = await Client.connect(cluster);
  const dead = new Set<number>();
  while (cluster.size > 0) {
    const pid = cluster.workers[0]?.pid;
    if (pid !== undefined && !dead.has(pid)) {
      dead.add(pid);
      process.kill(pid, "SIGKILL");
    }
    await pause(10);
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

test("options that are no good are refused by name, before anything starts", async () => {
  const options: object[] = [
    { memoryLimit: "1KB" },
    { memoryLimit: "much" },
    { workers: 100_000, processes: false },
    { resources: "gpu=2" },
    { localDirectory: "" },
    { log: {} },
    { noWorkersTimeout: "soon" },
  ];
  const told = options.map(async (each) => {
    const error = await rejection(LocalCluster.start(each as LocalClusterOptions));
    expect(error).toMatchObject({ code: "distributed/invalid-argument" });
    return error.message.replace(/\d+ MiB, which/, "<few> MiB, which");
  });
  expect(await Promise.all(told)).toMatchInlineSnapshot(`
    [
      "LocalCluster.start: bad memoryLimit: it is too little for a worker, got "1KB", wanted at least 128 MiB. Give it more, or leave it out.",
      "LocalCluster.start: bad setting 'memoryLimit', got "much", wanted bytes, text such as '2GiB', or 'auto'. Correct the option.",
      "LocalCluster.start: bad memoryLimit: it is too little for a worker, got <few> MiB, which is the memory of the machine by 100000 workers, wanted at least 128 MiB. Start fewer workers.",
      "LocalCluster.start: bad setting 'resources', got "gpu=2", wanted an object of amounts, each a number of 0 or more. Correct the option.",
      "LocalCluster.start: bad setting 'localDirectory', got "", wanted the path of a folder. Correct the option.",
      "LocalCluster.start: bad log, got an object, wanted an object with debug, info, warn and error to call. Correct the option.",
      "LocalCluster.start: bad noWorkersTimeout, got "soon", wanted milliseconds from 1 to 2 ** 31 - 1, or text such as '500ms', '5s' or '1m'. Correct the option.",
    ]
  `);
});

test("a task that no worker may run fails after the time that is set", async () => {
  await using cluster = await LocalCluster.start({ workers: 0, noWorkersTimeout: 50 });
  await using client = await Client.connect(cluster);
  const error = await rejection(client.submit(plus, [1]).result());
  expect(error).toMatchObject({ code: "distributed/no-workers" });
});
