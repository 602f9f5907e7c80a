import { groupName, Delayed, TaskGraph, task, taskProfiler } from "@millrace/graph";
import { expect, it } from "vitest";

const busy = (ms: number): void => {
  const until = performance.now() + ms;
  while (performance.now() < until);
};

it("a profile groups attempts by the name of their tasks, the dearest first", async () => {
  const { onTask, events, summary } = taskProfiler();
  let tries = 0;
  const entries: [string, unknown][] = [
    ["load/0", task(busy, [4])],
    ["load/1", task(busy, [8])],
    [
      "flaky",
      task(() => {
        if (++tries === 1) throw new Error("again");
      }, []),
    ],
  ];
  const graph = TaskGraph.from(entries);
  await graph.compute(graph.keys(), { onTask, retries: 1 });
  const rows = summary();
  expect(rows.map(({ name, count, failedCount }) => [name, count, failedCount])).toEqual([
    ["load", 2, 0],
    ["flaky", 2, 1],
  ]);
  const [load] = rows;
  expect(load?.totalMs).toBeGreaterThanOrEqual(12);
  expect(load?.longestMs).toBeGreaterThanOrEqual(8);
  expect(load?.longestMs).toBeLessThan(load?.totalMs as number);
  expect(events).toHaveLength(4);
});

it("calls are grouped by the name of their function, over several runs", async () => {
  const { onTask, summary } = taskProfiler();
  function load(): void {}
  await Delayed.call(load, []).compute({ onTask });
  await Delayed.call(load, [], { pure: true }).compute({ onTask });
  expect(summary().map(({ name, count }) => [name, count])).toEqual([["load", 2]]);
});

it("the name of a group is a key without what only some of its keys have", () => {
  const names = [
    "load",
    "load/3",
    "load-0123456789abcdef01234567/3",
    "load-0a1b2c3d-17",
    "load-ad6f3783-3f78-413d-b89f-0d59df54031f/2",
    "load-ad6f3783-3f78-413d-b89f-0d59df54031f",
    "load-2024-01-01",
    "load/3/4",
    "",
  ].map(groupName);
  expect(names).toEqual([
    "load",
    "load",
    "load",
    "load",
    "load",
    "load",
    "load-2024-01-01",
    "load/3",
    "",
  ]);
});
