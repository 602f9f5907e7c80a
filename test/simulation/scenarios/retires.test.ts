import { expect, it } from "vitest";

import { given, ranOn, task, tasks } from "../given.ts";

it("a worker that retires hands its values over, and nothing is computed again", () => {
  given({ threads: 2 }, { threads: 2 }, { threads: 2 })
    .graph([...tasks(12, () => ({ ms: 2 })), ...tasks(6, (t) => ({ reads: [t, t + 6], ms: 2 }))])
    .at(0, { kind: "hold" })
    .fault(40, "retire", { lastMs: 5_000 })
    .fault(60, "retire", { worker: 1, other: 1, lastMs: 5_000 })
    .playOften(50, (report) => {
      expect(report.executions).toHaveLength(18);
      expect(new Set(Object.values(report.outcomes))).toEqual(new Set(["value"]));
      expect(report.reached.has("worker retired")).toBe(true);
      expect(report.reached.has("worker retired with losses")).toBe(false);
    });
});

it("what a worker that retires has begun ends there, and what has not begun runs elsewhere", () => {
  let granted = 0;
  given({ threads: 1 }, { threads: 1 })
    .tuned({ windowUs: 1e6, unknownTaskUs: 1 })
    .graph(tasks(20, () => ({ ms: 10 })))
    .at(0)
    .fault(15, "retire", { lastMs: 5_000 })
    .playOften(50, (report) => {
      expect(report.executions).toHaveLength(20);
      const late = report.executions.filter(
        ({ worker, startMs }) => worker === "w0" && startMs > 25 && startMs < 45,
      );
      expect(late).toEqual([]);
      if (report.reached.has("recall granted")) granted++;
    });
  expect(granted).toBeGreaterThan(0);
});

it("a task that a worker has no time for when it retires runs again, and nobody is to blame", () => {
  given({}, {})
    .tuned({ allowedFailures: 1 })
    .graph([task({ ms: 300 })])
    .at(0)
    .fault(50, "retire", { lastMs: 20 })
    .fault(50, "retire", { worker: 1, lastMs: 20 })
    .playOften(50, (report) => {
      expect(report.outcomes).toEqual({ "c0/0/t0": "value" });
      expect(ranOn(report, "t0").length).toBeGreaterThanOrEqual(2);
      expect(report.reached.has("suspect ran again")).toBe(false);
    });
});

it("the only worker waits for another one to take its values", () => {
  given({})
    .graph([task({ ms: 1 })])
    .at(0, { kind: "hold" })
    .fault(40, "retire", { lastMs: 20_000 })
    .fault(500, "join")
    .playOften(50, (report) => {
      expect(ranOn(report, "t0")).toEqual(["w0"]);
      expect(report.reached.has("worker retired with losses")).toBe(false);
    });
});

it("a worker with nobody beside it says how many values go with it when its time is up", () => {
  given({})
    .graph(tasks(2, () => ({ ms: 1 })))
    .at(0, { kind: "hold" })
    .fault(40, "retire", { lastMs: 100 })
    .fault(500, "resend")
    .playOften(50, (report) => {
      expect(report.reached.has("worker retired with losses")).toBe(true);
      expect(report.executions).toHaveLength(4);
      expect(new Set(Object.values(report.outcomes))).toEqual(new Set(["value"]));
    });
});

it("values go elsewhere while a worker that is to take them is paused, or out of reach", () => {
  given({}, {}, {})
    .graph(tasks(9, () => ({ ms: 2 })))
    .at(0, { kind: "hold" })
    .fault(40, "pressure", { worker: 1, lastMs: 3_000 })
    .fault(41, "retire", { lastMs: 20_000 })
    .fault(41, "cut-peers", { other: 2, lastMs: 500 })
    .playOften(50, (report) => {
      expect(report.executions).toHaveLength(9);
      expect(report.reached.has("value not acquired")).toBe(true);
      expect(report.reached.has("worker retired with losses")).toBe(false);
    });
});

it("two workers that retire together give nothing to each other", () => {
  given({}, {}, {})
    .graph(tasks(9, () => ({ ms: 2 })))
    .at(0, { kind: "hold" })
    .fault(40, "retire", { lastMs: 20_000 })
    .fault(40, "retire", { worker: 1, other: 1, lastMs: 20_000 })
    .playOften(50, (report) => {
      expect(report.executions).toHaveLength(9);
      expect(report.reached.has("worker retired with losses")).toBe(false);
    });
});

it("a worker that dies while it retires is lost like any other", () => {
  given({}, {})
    .graph(tasks(9, () => ({ ms: 2 })))
    .at(0, { kind: "hold" })
    .fault(40, "retire", { lastMs: 20_000 })
    .fault(41, "crash", { lastMs: 5 })
    .fault(60, "retire", { worker: 1, lastMs: 20_000 })
    .fault(60, "crash-at-point", { other: 1 })
    .playOften(50, (report) =>
      expect(new Set(Object.values(report.outcomes))).toEqual(new Set(["value"])),
    );
});
