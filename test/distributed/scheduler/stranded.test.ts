import { expect, it } from "vitest";
import { Driven, joins } from "./driven.ts";

it("where there is no worker the client and the log are told after 10 s, once", () => {
  const driven = new Driven();
  driven.submit(3, {});
  driven.until(9_999);
  expect(driven.warnings).toEqual([]);
  driven.until(60_000);
  expect(driven.warnings).toMatchInlineSnapshot(`
    [
      "3 tasks have waited for a worker for 10 s, got "t0", and no workers, wanted any worker. Start one, or cancel what waits.",
    ]
  `);
  expect(driven.logged.map(({ event }) => event)).toEqual(["tasks wait for a worker"]);
  expect(driven.machine.view.journalCounts.get("tasks-stranded")).toBe(1);
  expect(driven.failures).toEqual([]);
});

it("a task that asks for what no worker has is told of with what there is", () => {
  const driven = new Driven();
  driven.feed(joins(7, { gpu: 1 }), joins(8));
  driven.submit(1, { resources: { gpu: 2 }, workers: ["w7", "x"] });
  driven.until(10_500, [7, 8]);
  expect(driven.warnings).toMatchInlineSnapshot(`
    [
      "a task has waited for a worker for 10 s, got "t0" that asks for 2 of gpu, one of the workers w7, x, and 2 workers: w7 (gpu=1), w8, wanted a worker that fits. Start one, or cancel what waits.",
    ]
  `);
});

it("nobody is told of tasks for which a worker comes in time", () => {
  const driven = new Driven({ noWorkersTimeoutMs: 9_000 });
  driven.submit(2, { resources: { gpu: 1 } });
  driven.until(5_000);
  driven.feed(joins(7, { gpu: 1 }));
  driven.until(60_000, [7]);
  expect([...driven.warnings, ...driven.failures]).toEqual([]);
});

it("a worker that does not fit does not make them wait longer", () => {
  const driven = new Driven({ noWorkersTimeoutMs: 5_000 });
  driven.submit(2, { resources: { gpu: 1 } });
  driven.until(4_000);
  driven.feed(joins(7));
  driven.until(5_000, [7]);
  expect(driven.failures).toEqual([
    {
      kind: "unrunnable",
      key: "t0",
      outputs: [0, 1],
      attempts: 0,
      workers: [],
      thrown: undefined,
      asked: { resources: { gpu: 1 }, workers: undefined, waitedMs: 5_000, there: "1 worker: w7" },
    },
  ]);
});

it("with a limit all tasks fail that no worker comes for, and later ones after it again", () => {
  const driven = new Driven({ noWorkersTimeoutMs: 5_000 });
  driven.submit(3, {});
  driven.until(3_000);
  driven.submit(1, {});
  driven.until(5_000);
  expect(driven.failures).toMatchObject([{ outputs: [0, 1, 2], asked: { there: "no workers" } }]);
  driven.until(8_100);
  expect(driven.failures).toHaveLength(2);
  driven.feed(joins(7));
  driven.until(60_000, [7]);
  expect(driven.warnings).toEqual([]);
});

it("the time counts from when the last worker that fits has left", () => {
  const driven = new Driven({ noWorkersTimeoutMs: 5_000 });
  driven.feed(joins(7));
  driven.until(20_000, [7]);
  driven.submit(2, {});
  driven.feed({ kind: "disconnected", epoch: 7, reason: "gone" });
  driven.until(24_999);
  expect(driven.failures).toEqual([]);
  driven.until(25_200);
  expect(driven.failures.length).toBeGreaterThan(0);
});

it("values that are to be brought to workers are told of like tasks", () => {
  const driven = new Driven();
  driven.scatter(["a", "b"]);
  driven.until(60_000);
  expect(driven.warnings).toMatchInlineSnapshot(`
    [
      "2 values have waited for a worker for 10 s, got "a", and no workers, wanted any worker. Start one, or cancel what waits.",
    ]
  `);
  driven.feed(joins(7));
  expect(driven.answers.map(({ kind }) => kind)).toEqual(["places"]);
});

it("and are refused when tasks fail", () => {
  const driven = new Driven({ noWorkersTimeoutMs: 20_000 });
  driven.scatter(["a"]);
  driven.until(19_999);
  expect(driven.answers).toEqual([]);
  driven.until(30_000);
  expect(driven.answers).toEqual([{ kind: "refused", reason: "no workers for 20 s" }]);
});
