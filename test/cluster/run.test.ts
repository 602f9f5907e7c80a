import { getWorker } from "@millrace/distributed";
import { expect, test } from "vitest";
import { client } from "./lib/open-cluster.ts";

test("a function runs on every worker, with what each of them returns by its name", async () => {
  const names = await client.run((mark: string) => `${mark} ${getWorker().name}`, ["at"]);
  expect([...names].toSorted(([one], [other]) => one.localeCompare(other))).toEqual([
    ["worker-0", "at worker-0"],
    ["worker-1", "at worker-1"],
  ]);
});

test("a function runs where it is told to, and nowhere else", async () => {
  const pids = await client.run(() => process.pid, [], { workers: ["worker-1"] });
  expect([...pids.keys()]).toEqual(["worker-1"]);
  expect(pids.get("worker-1")).not.toBe(process.pid);
});

test("a worker that there is not is named, with those that there are", async () => {
  const running = client.run(() => 1, [], { workers: ["worker-7"] });
  await expect(running).rejects.toThrowErrorMatchingInlineSnapshot(
    `[DistributedError: Client.run: there is no such worker, got "worker-7", wanted one of "worker-0", "worker-1". Name workers that there are, or none for all.]`,
  );
});

test("what one of them throws is thrown", async () => {
  const failing = client.run(() => {
    throw new RangeError("no");
  });
  await expect(failing).rejects.toThrow("RangeError: no");
});
