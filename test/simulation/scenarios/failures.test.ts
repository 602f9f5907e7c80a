import { expect, it } from "vitest";

import { given, ranOn, task, tasks } from "../given.ts";
import type { Doing } from "../scenario.ts";
import { always } from "../scenario.ts";

const ways: readonly (readonly [Doing, string])[] = [
  ["throws", "threw"],
  ["exits", "exited"],
  ["takes-too-long", "timed-out"],
];

for (const [does, kind] of ways) {
  it(`a task that ${does} is tried as often as its retries allow, and then fails as ${kind}`, () => {
    const report = given({}, {})
      .graph([task({ does, times: always })])
      .at(0, { retries: 2 })
      .play();
    expect(ranOn(report, "t0")).toHaveLength(3);
    expect(report.outcomes["c0/0/t0"]).toMatch(new RegExp(`^${kind} at t0 on w\\d,w\\d,w\\d$`));
  });

  it(`a task that ${does} once has a value when it may be tried again`, () => {
    const report = given({})
      .graph([task({ does, times: 1 })])
      .at(0, { retries: 1 })
      .play();
    expect(report.outcomes).toEqual({ "c0/0/t0": "value" });
  });
}

it("a value that cannot travel is not computed again: it would be the same one", () => {
  const report = given({}, {})
    .graph([task({ does: "cannot-travel", times: 1 })])
    .at(0, { retries: 5 })
    .play();
  expect(ranOn(report, "t0")).toHaveLength(1);
  expect(report.outcomes["c0/0/t0"]).toMatch(/^not-serializable at t0/);
});

it("failures are forgotten when a task has run well, and begin anew when its value is lost", () => {
  const report = given({})
    .graph([task({ does: "falters" }), task({ reads: [0], does: "falters" })])
    .at(0, { kind: "hold", retries: 1 })
    .fault(100, "crash", { lastMs: 5 })
    .play();
  expect(report.outcomes).toEqual({ "c0/0/t0": "value", "c0/0/t1": "value" });
  expect(ranOn(report, "t0")).toHaveLength(4);
});

it("all that reads a task that failed fails with it, and all else does not", () => {
  const report = given({}, {})
    .graph([
      task({ does: "throws", times: always }),
      task({ reads: [0] }),
      task({ reads: [1] }),
      task(),
      task({ reads: [3] }),
    ])
    .at(0)
    .play();
  expect(Object.values(report.outcomes).map((outcome) => outcome.split(" on ")[0])).toEqual([
    "threw at t0",
    "threw at t0",
    "threw at t0",
    "value",
    "value",
  ]);
});

it("a run that stands for an output that failed fails with it, and is mended by a retry", () => {
  const story = given({})
    .graph([task({ does: "throws", times: 1 })])
    .graph([task({ reads: [0] })])
    .at(0, { kind: "hold" })
    .at(50, { kind: "hold", graph: 1, holds: 1 });
  expect(story.play().outcomes["c0/1/t0"]).toMatch(/^threw at t0/);
  const retried = story.at(100, { kind: "retry", graph: 1 }).play();
  expect(retried.outcomes).toEqual({ "c0/0/t0": "value", "c0/1/t0": "value" });
});

it("a failure that was on its way when the client tried again is not the last word", () => {
  given({ threads: 2 })
    .tuned({ delayMs: 3 })
    .graph([task({ does: "throws", times: 1 }), task({ does: "throws", times: 1, ms: 12 })])
    .at(0)
    .at(24, { kind: "retry" })
    .at(100, { kind: "retry" })
    .playOften(200, (report) => {
      expect(report.outcomes).toEqual({ "c0/0/t0": "value", "c0/0/t1": "value" });
    });
});

it("a task that gives another value each time is told of once, though it may run twice", () => {
  given({}, {})
    .graph([
      task({ does: "varies", times: 0 }),
      ...tasks(4, (t) => ({ reads: [0], ms: t })),
      task({ reads: [1, 2, 3, 4] }),
    ])
    .at(0)
    .fault(8, "lose-values")
    .fault(9, "lose-values", { worker: 1 })
    .fault(10, "crash", { lastMs: 5 })
    .playOften(100, (report) => {
      expect(new Set(Object.values(report.outcomes))).toEqual(new Set(["value"]));
    });
});

it("where no worker is waited for, a task that none may run fails, and nothing else does", () => {
  const report = given({})
    .tuned({ noWorkersTimeoutMs: 0 })
    .graph([task(), task({ demand: "gpu" })])
    .at(50)
    .play();
  expect(report.outcomes["c0/0/t0"]).toBe("value");
  expect(report.outcomes["c0/0/t1"]).toMatch(/^unrunnable at t1/);
});

it("an output that was mended before its run is tried again is told of", () => {
  const report = given({})
    .graph([task({ does: "throws", times: 1 })])
    .graph([task()], { asksForHeld: true })
    .at(0, { kind: "hold" })
    .at(50, { graph: 1, holds: 1 })
    .at(100, { kind: "retry", graph: 0 })
    .at(200, { kind: "retry", graph: 1 })
    .play();
  const outcomes = { "c0/0/t0": "value", "c0/1/t0": "value", "c0/1/h0": "value" };
  expect(report.outcomes).toEqual(outcomes);
});

it("failures of before a retry of the client are not counted after it", () => {
  const report = given({})
    .graph([task({ does: "throws", times: 3 })])
    .at(0, { kind: "hold", retries: 1 })
    .at(100, { kind: "retry" })
    .play();
  expect(report.outcomes).toEqual({ "c0/0/t0": "value" });
});
