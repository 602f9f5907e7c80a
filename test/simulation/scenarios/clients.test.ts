import { expect, it } from "vitest";

import { given, ranOn, task, tasks } from "../given.ts";
import { always } from "../scenario.ts";

it("failures, retries and releases of one client are nothing to another with the same keys", () => {
  given({ threads: 2 }, { threads: 2 })
    .clients(2)
    .graph([task({ does: "throws", times: always }), ...tasks(6, (t) => ({ reads: [t], ms: 2 }))])
    .graph(tasks(7, (t) => ({ reads: t === 0 ? [] : [t - 1], ms: 2 })))
    .at(0, { client: 0, graph: 0, kind: "hold" })
    .at(1, { client: 1, graph: 1 })
    .at(5, { client: 0, kind: "retry" })
    .at(8, { client: 0, kind: "release" })
    .at(9, { client: 0, kind: "reconnect" })
    .playOften(50, (report) => {
      const other = Object.entries(report.outcomes).filter(([name]) => name.startsWith("c1"));
      expect(other).toHaveLength(7);
      expect(new Set(other.map(([, outcome]) => outcome))).toEqual(new Set(["value"]));
    });
});

it("a stream is not computed further ahead of its reader than it asked for", () => {
  const report = given({ threads: 4 })
    .graph(tasks(30, () => ({ ms: 1 })))
    .at(0, { kind: "stream", lookahead: 3, readMs: 50 })
    .play();
  expect(report.executions).toHaveLength(30);
  const starts = report.executions.map(({ startMs }) => startMs).toSorted((a, b) => a - b);
  for (const [n, startMs] of starts.entries()) {
    // Output n may start when the reader has taken all but the 3 before it, 50 ms each.
    expect(startMs).toBeGreaterThanOrEqual(50 * Math.max(0, n - 3));
  }
});

it("a stream over a shuffle and shared inputs comes to its end, whatever is lost", () => {
  given({ threads: 2 }, { threads: 2 })
    .graph(
      tasks(10, (t) => ({ reads: t === 0 ? [] : [t - 1, 0], ms: 1 })),
      {
        shuffles: [{ blocks: 3, parts: 3 }],
      },
    )
    .at(0, { kind: "stream", lookahead: 1, readMs: 3 })
    .fault(10, "crash", { lastMs: 5 })
    .fault(30, "crash", { worker: 1, lastMs: 5 })
    .playOften(50, (report) => {
      expect(Object.keys(report.outcomes)).toHaveLength(13);
      expect(new Set(Object.values(report.outcomes))).toEqual(new Set(["value"]));
    });
});

it("a held output is not computed again by the runs that read it", () => {
  const report = given({}, {})
    .graph([task({ ms: 5 })])
    .graph(tasks(4, () => ({ reads: [0] })))
    .at(0, { kind: "hold" })
    .at(1, { graph: 1, holds: 1 })
    .at(60, { graph: 1, holds: 1 })
    .play();
  // Both graphs have a task of this name: one held, four that read it, and these twice.
  expect(report.executions).toHaveLength(1 + 4 + 4);
  expect(new Set(Object.values(report.outcomes))).toEqual(new Set(["value"]));
});

it("a held output stays for those who read it when it is released, and goes with the last", () => {
  given({}, {})
    .graph([task({ ms: 5 })])
    .graph(tasks(4, (t) => ({ reads: [0], ms: 20 * t })))
    .at(0, { kind: "hold" })
    .at(1, { graph: 1, holds: 1 })
    .at(2, { kind: "release" })
    .playOften(50, (report) => {
      const read = Object.entries(report.outcomes).filter(([name]) => name.startsWith("c0/1/"));
      expect(read.map(([, outcome]) => outcome)).toEqual(["value", "value", "value", "value"]);
    });
});

it("a held output that is lost is computed again for a later run", () => {
  given({}, {})
    .graph(
      tasks(3, (t) => ({ reads: t === 0 ? [] : [t - 1] })),
      { wanted: [2] },
    )
    .graph(tasks(2, () => ({ reads: [0] })))
    .at(0, { kind: "hold" })
    .fault(60, "crash", { lastMs: 5 })
    .fault(60, "crash", { worker: 1, lastMs: 5 })
    .at(63, { graph: 1, holds: 1 })
    .playOften(50, (report) => {
      expect(report.outcomes["c0/1/t0"]).toBe("value");
      expect(report.reached.has("held output computed anew")).toBe(true);
      expect(ranOn(report, "t2").length).toBeGreaterThanOrEqual(2);
    });
});
