import { expect, test } from "vitest";
import { SharedCluster } from "../lib/shared-cluster.ts";
import { begin, waiting } from "../lib/signals.ts";

const shared = new SharedCluster({ workers: 2 });

// Row 28.
test("a worker that is told to end finishes its task and hands over what it made", async () => {
  const { client, cluster, signals, folder } = shared;
  const [from] = cluster.workers;
  if (from === undefined) throw new Error("there is no worker");
  const rule = { workers: [from.name], allowOtherWorkers: true };
  const made = client.submit(
    (n: number) => {
      begin(folder, "made");
      return n;
    },
    [42],
    rule,
  );
  await made.settled();
  const running = client.submit(waiting<number>, [folder, "running", 7], rule);
  await signals.begun("running");
  process.kill(from.pid, "SIGTERM");
  signals.go("running");
  expect((await from.nanny.ended).kind).toBe("retired");
  expect(await client.submit((n: number) => n + 1, [made]).result()).toBe(43);
  expect(await running.result()).toBe(7);
  expect([signals.countOf("made"), signals.countOf("running")]).toEqual([1, 1]);
});
