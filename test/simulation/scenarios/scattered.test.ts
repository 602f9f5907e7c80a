import { expect, it } from "vitest";

import { given, tasks } from "../given.ts";

it("values that a client has itself are read by the tasks of its later runs", () => {
  given({}, {})
    .graph(tasks(4, (t) => ({ reads: [t] })))
    .at(0, { kind: "scatter", holds: 2 })
    .at(1, { graph: 0, holds: 3 })
    .playOften(50, (report) => {
      expect(new Set(Object.values(report.outcomes))).toEqual(new Set(["value"]));
      expect(Object.keys(report.outcomes)).toHaveLength(3 + 4);
    });
});

it("a value of a client that is lost fails what reads it, since nobody can make it again", () => {
  given({})
    .graph(tasks(2, () => ({ reads: [0] })))
    .at(0, { kind: "scatter" })
    .fault(2_000, "crash", { lastMs: 5 })
    .at(2_100, { graph: 0, holds: 1 })
    .fault(3_000, "resend")
    .at(2_500, { kind: "retry", graph: 1 })
    .playOften(50, (report) => {
      expect(report.outcomes["c0/0/s0"]).toBe("lost at s0 on ");
      expect(report.outcomes["c0/1/t0"]).toBe("lost at s0 on ");
    });
});

it("a value of a client that was replicated outlives a worker that dies", () => {
  given({}, {})
    .graph(tasks(2, () => ({ reads: [0] })))
    .at(0, { kind: "scatter" })
    .at(2_000, { kind: "replicate", lookahead: 0 })
    .fault(2_100, "crash", { lastMs: 50 })
    .at(2_200, { graph: 0, holds: 1 })
    .playOften(50, (report) =>
      expect(new Set(Object.values(report.outcomes))).toEqual(new Set(["value"])),
    );
});

it("a worker that retires hands over what clients gave it", () => {
  given({}, {})
    .graph(tasks(3, (t) => ({ reads: [t] })))
    .at(0, { kind: "scatter", holds: 2 })
    .fault(2_000, "retire", { lastMs: 5_000 })
    .fault(2_300, "retire", { worker: 1, lastMs: 5_000 })
    .at(2_700, { graph: 0, holds: 3 })
    .playOften(50, (report) =>
      expect(new Set(Object.values(report.outcomes))).toEqual(new Set(["value"])),
    );
});

it("values wait for the first worker, and are given again where it dies before they are heard of", () => {
  given()
    .graph(tasks(1, () => ({})))
    .at(0, { kind: "scatter", holds: 2 })
    .fault(500, "join")
    .fault(501, "crash", { lastMs: 5 })
    .playOften(50, ({ outcomes }) => {
      expect(Object.keys(outcomes)).toHaveLength(3);
      for (const outcome of Object.values(outcomes)) expect(outcome).toMatch(/^value$|^lost at/);
    });
});

it("values that are released while they are on their way leave nothing behind", () => {
  given({}, {})
    .graph(tasks(1, () => ({})))
    .at(0, { kind: "scatter", holds: 2 })
    .at(3, { kind: "again" })
    .at(5, { kind: "again" })
    .at(8, { kind: "release" })
    .at(9, { kind: "scatter", holds: 1 })
    .at(12, { kind: "reconnect" })
    .playOften(100, ({ outcomes }) => expect(Object.keys(outcomes).length).toBeGreaterThan(0));
});

it("a value that its client releases before it has brought it is lost to those who read it", () => {
  given()
    .graph(tasks(1, () => ({ reads: [0] })))
    .at(0, { kind: "scatter" })
    .at(20, { graph: 0, holds: 1 })
    .at(40, { kind: "release" })
    .fault(500, "join")
    .playOften(50, ({ outcomes }) => expect(outcomes["c0/1/t0"]).toBe("lost at s0 on "));
});

it("a value that its client has given up stays lost, however often it is tried to read it", () => {
  given()
    .graph(tasks(1, () => ({ reads: [0] })))
    .at(0, { kind: "scatter" })
    .at(20, { graph: 0, holds: 1 })
    .at(40, { kind: "release" })
    .at(200, { kind: "retry", graph: 1 })
    .fault(500, "join")
    .playOften(50, ({ outcomes }) => expect(outcomes["c0/1/t0"]).toBe("lost at s0 on "));
});

it("a task that reads what had the slot of a value before does not take that from its worker", () => {
  given({})
    .graph(tasks(1, () => ({ reads: [0] })))
    .tuned({ delayMs: 0.1 })
    .at(0, { kind: "scatter" })
    .at(10, { graph: 0, holds: 1 })
    // The task comes to the worker when its client has left and has come again with other values.
    .fault(10, "cut", { lastMs: 30 })
    .at(12, { kind: "reconnect" })
    .at(25, { kind: "scatter" })
    .playOften(50, ({ outcomes }) => expect(Object.values(outcomes)).toContain("value"));
});

it("a value does not become the task that was ready in its slot before", () => {
  for (let releasedMs = 5; releasedMs < 20; releasedMs++) {
    given({})
      .graph(tasks(2, (t) => ({ reads: t === 0 ? [] : [0] })))
      .tuned({ gatherMs: 5, delayMs: 0.1 })
      .at(0, { kind: "hold" })
      .at(releasedMs, { kind: "release" })
      .at(releasedMs, { kind: "scatter", holds: 1 })
      .playOften(10, ({ outcomes }) => expect(Object.values(outcomes)).toContain("value"));
  }
});
