import { expect, it } from "vitest";

import { given, ranOn, ranTogether, task, tasks } from "../given.ts";
import { always } from "../scenario.ts";

const kills = { does: "kills", ms: 5, times: always } as const;

it("a task that was running when its worker died is run again elsewhere", () => {
  given({}, {})
    .graph([task({ ms: 100 })])
    .at(0)
    .fault(50, "crash", { lastMs: 0 })
    .fault(50, "crash", { worker: 1, lastMs: 0 })
    .fault(60, "join")
    .playOften(50, (report) => {
      expect(report.outcomes).toEqual({ "c0/0/t0": "value" });
      expect(ranOn(report, "t0").length).toBeGreaterThanOrEqual(2);
    });
});

it("the third death fails a task, and says on which workers", () => {
  given({}, {}, {})
    .graph([task(kills)])
    .at(0)
    .playOften(50, (report) => {
      expect(ranOn(report, "t0")).toHaveLength(3);
      expect(report.outcomes["c0/0/t0"]).toMatch(/^killed at t0 on w\d,w\d,w\d$/);
    });
});

it("a task that kills its worker twice is forgiven when it then runs well", () => {
  given({}, {}, {})
    .graph([task({ ...kills, times: 2 })])
    .at(0)
    .playOften(50, (report) => expect(report.outcomes).toEqual({ "c0/0/t0": "value" }));
});

it("deaths are forgotten when a task has run well, and begin anew when its value is lost", () => {
  // The worker dies of it twice; then it goes with the value, and again while that is made anew.
  given({})
    .graph([task({ ...kills, times: 2, ms: 40 })])
    .at(0, { kind: "hold" })
    .fault(500, "crash", { lastMs: 5 })
    .fault(530, "crash", { lastMs: 5 })
    .playOften(50, (report) => {
      expect(report.outcomes).toEqual({ "c0/0/t0": "value" });
      expect(ranOn(report, "t0")).toHaveLength(5);
    });
});

it("who was beside a killer is harmed neither by its deaths nor by the suspicion", () => {
  given({ threads: 4 }, { threads: 4 }, { threads: 4 }, { threads: 4 })
    .graph([task(kills), ...tasks(30, () => ({ ms: 8 }))])
    .at(0)
    .playOften(20, (report) => {
      const { "c0/0/t0": killer, ...others } = report.outcomes;
      expect(killer).toMatch(/^killed at t0/);
      expect(new Set(Object.values(others))).toEqual(new Set(["value"]));
    });
});

it("a suspect runs alone", () => {
  given({ threads: 4 }, { threads: 4 })
    .graph([task({ ...kills, times: 2 }), ...tasks(40, () => ({ ms: 6 }))])
    .at(0)
    .playOften(20, ({ executions, ...report }) => {
      const again = executions.filter(({ key }) => key === "t0").slice(1);
      const rest = executions.filter(({ key }) => key !== "t0");
      for (const { key } of rest) {
        expect(ranTogether({ ...report, executions: [...again, ...rest] }, "t0", key)).toBe(false);
      }
    });
});

it("only tasks that may have begun are suspects: the others run on beside each other", () => {
  given({ threads: 1 }, { threads: 4 })
    .tuned({ windowUs: 1e6, unknownTaskUs: 1, startedMs: 0 })
    // All are sent to the first worker at once, which begins one of them.
    .graph([task({ ms: 50, demand: "worker" }), ...tasks(8, () => ({ ms: 20, demand: "worker" }))])
    .at(0)
    .fault(10, "crash", { lastMs: 5 })
    .playOften(20, (report) => {
      expect(Object.values(report.outcomes)).toEqual(Array.from({ length: 9 }, () => "value"));
      // Alone each of them would wait for a worker that has nothing else; together they are fast.
      expect(report.reached.has("suspect ran again")).toBe(true);
    });
});

it("a task that runs out of memory is tried once more, alone, and then fails", () => {
  given({ threads: 4 }, { threads: 4 })
    .graph([
      task({ does: "runs-out-of-memory", ms: 5, times: always }),
      ...tasks(30, () => ({ ms: 5 })),
    ])
    .at(0)
    .playOften(20, (report) => {
      expect(ranOn(report, "t0")).toHaveLength(2);
      expect(report.outcomes["c0/0/t0"]).toMatch(/^out-of-memory at t0 on w\d,w\d$/);
      const [, again] = report.executions.filter(({ key }) => key === "t0");
      const rest = report.executions.filter(({ key }) => key !== "t0");
      const executions = again === undefined ? rest : [again, ...rest];
      for (const { key } of rest) {
        expect(ranTogether({ ...report, executions }, "t0", key)).toBe(false);
      }
    });
});

it("a task that ran out of memory in company only has a value", () => {
  given({ threads: 2 })
    .graph([task({ does: "runs-out-of-memory", ms: 5, times: 1 }), task({ ms: 5 })])
    .at(0)
    .playOften(20, (report) =>
      expect(report.outcomes).toEqual({ "c0/0/t0": "value", "c0/0/t1": "value" }),
    );
});

it("a thousand times the same killer fails a thousand times, and nothing hangs", () => {
  let story = given({}, {})
    .tuned({ allowedFailures: 2 })
    .graph([task({ ...kills, ms: 1 })]);
  for (let n = 0; n < 200; n++) story = story.at(n * 200);
  const { outcomes } = story.play();
  expect(Object.keys(outcomes)).toHaveLength(200);
  for (const outcome of Object.values(outcomes)) expect(outcome).toMatch(/^killed at t0 on/);
});

it("a suspect that has run well runs in company again", () => {
  given({ threads: 2 })
    .graph([task({ ...kills, times: 1, ms: 20 })])
    .graph(tasks(5, () => ({ ms: 20 })))
    .at(0, { kind: "hold" })
    .at(300, { kind: "hold", graph: 1 })
    .fault(600, "crash", { lastMs: 5 })
    .playOften(20, ({ executions }) => {
      const again = executions.filter(({ startMs }) => startMs > 600);
      expect(again).toHaveLength(6);
      expect(again[1]?.startMs).toBeLessThan(again[0]?.endMs ?? 0);
    });
});
