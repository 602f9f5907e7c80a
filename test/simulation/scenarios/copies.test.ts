import { expect, it } from "vitest";

import { given, ranOn, tasks } from "../given.ts";

it("outputs that were replicated outlive the workers that made them", () => {
  given({}, {}, {})
    .graph(tasks(6, () => ({ ms: 2 })))
    .at(0, { kind: "hold" })
    .at(60, { kind: "replicate", lookahead: 2 })
    .fault(120, "crash", { lastMs: 5 })
    .playOften(50, (report) => {
      expect(report.executions).toHaveLength(6);
      expect(new Set(Object.values(report.outcomes))).toEqual(new Set(["value"]));
    });
});

it("every worker has what is replicated without a number", () => {
  given({}, {}, {}, {})
    .graph(tasks(5, () => ({ bytes: 100 })))
    .at(0, { kind: "hold" })
    .at(60, { kind: "replicate", lookahead: 0 })
    .playOften(50, (report) => {
      expect(report.storedBytes).toMatchObject({ w0: 500, w1: 500, w2: 500, w3: 500 });
      expect(report.executions).toHaveLength(5);
    });
});

it("a client is answered when fewer workers than it asked for can have an output", () => {
  given({}, {})
    .graph(tasks(3, () => ({})))
    .at(0, { kind: "hold" })
    .fault(50, "pressure", { worker: 1, lastMs: 5_000 })
    .at(60, { kind: "replicate", lookahead: 3 })
    .fault(50, "cut-peers", { other: 1, lastMs: 5_000 })
    .playOften(50, (report) => expect(report.reached.has("answered: replicated")).toBe(true));
});

it("a rebalance moves values off the fullest worker, and none is computed again", () => {
  given({}, {}, {})
    .graph(tasks(30, () => ({ bytes: 100, demand: "worker" })))
    .at(0, { kind: "hold" })
    .at(200, { kind: "rebalance" })
    .playOften(50, (report) => {
      expect(report.storedBytes).toMatchObject({ w0: 1_000, w1: 1_000, w2: 1_000 });
      expect(report.executions).toHaveLength(30);
    });
});

it("values that cannot be moved stay where they are, and nothing is lost", () => {
  given({}, {})
    .graph(tasks(10, () => ({ bytes: 100, demand: "worker" })))
    .at(0, { kind: "hold" })
    .fault(190, "cut-peers", { other: 1, lastMs: 60_000 })
    .at(200, { kind: "rebalance" })
    .fault(30_000, "resend")
    .playOften(50, (report) => {
      expect(report.storedBytes).toMatchObject({ w0: 1_000, w1: 0 });
      expect(report.reached.has("answered: rebalanced")).toBe(true);
      expect(ranOn(report, "t0")).toEqual(["w0"]);
    });
});

it("what a task is about to read is not moved away from it", () => {
  given({}, {})
    .tuned({ windowUs: 1e6, unknownTaskUs: 1 })
    .graph([
      ...tasks(8, () => ({ bytes: 100, demand: "worker" })),
      ...tasks(8, (t) => ({ reads: [t], ms: 5, demand: "worker" })),
    ])
    .at(0, { kind: "hold" })
    .at(20, { kind: "rebalance" })
    .at(30, { kind: "rebalance" })
    .playOften(50, (report) => {
      expect(report.executions).toHaveLength(16);
      expect(report.reached.has("input unreadable")).toBe(false);
    });
});

it("a client that goes while its question is open leaves nothing behind", () => {
  given({}, {})
    .graph(tasks(3, () => ({})))
    .at(0, { kind: "hold" })
    .fault(50, "pause", { worker: 1, lastMs: 300 })
    .at(60, { kind: "replicate", lookahead: 2 })
    .at(65, { kind: "reconnect" })
    .at(200, { kind: "reconnect" })
    .fault(500, "resend")
    .playOften(50, (report) => {
      expect(report.reached.has("answered: replicated")).toBe(false);
      expect(new Set(Object.values(report.outcomes))).toEqual(new Set(["value"]));
    });
});

it("a copy that comes after its worker lost the scheduler is not kept", () => {
  given({}, {})
    .graph(tasks(20, () => ({ demand: "worker" })))
    .at(0, { kind: "hold" })
    .at(100, { kind: "replicate", lookahead: 2 })
    .fault(104, "drop", { worker: 1 })
    .playOften(100, (report) => {
      expect(new Set(Object.values(report.outcomes))).toEqual(new Set(["value"]));
    });
});
