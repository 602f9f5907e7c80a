import { expect, it } from "vitest";

import { given, ranOn, task, tasks } from "../given.ts";

const chain = tasks(6, (t) => ({ reads: t === 0 ? [] : [t - 1], ms: 2 }));
/** Each of these reads all of the first ones. */
const shuffle = { shuffles: [{ blocks: 4, parts: 4 }] };

it("a value that went with its worker is computed again, with what it needs and no more", () => {
  given({}, {})
    .graph([...chain, task({ ms: 1 })], { wanted: [5, 6] })
    .at(0, { kind: "hold" })
    .fault(100, "crash", { lastMs: 5 })
    .fault(150, "crash", { worker: 1, lastMs: 5 })
    .playOften(50, (report) => {
      expect(report.outcomes).toEqual({ "c0/0/t5": "value", "c0/0/t6": "value" });
      expect(ranOn(report, "t0").length).toBeGreaterThanOrEqual(2);
      for (const key of ["t0", "t5", "t6"]) {
        expect(ranOn(report, key).length).toBeLessThanOrEqual(3);
      }
    });
});

it("a value with a second holder is not computed again", () => {
  given({}, {})
    .graph(
      [
        task({ demand: "worker", worker: 0 }),
        task({ reads: [0], demand: "worker", worker: 1, ms: 5 }),
      ],
      { wanted: [0, 1] },
    )
    .at(0, { kind: "hold" })
    .fault(60, "crash", { lastMs: 5 })
    .playOften(50, (report) => {
      expect(ranOn(report, "t0")).toEqual(["w0"]);
      expect(report.outcomes).toEqual({ "c0/0/t0": "value", "c0/0/t1": "value" });
    });
});

it("a client whose worker died after it said where a value is gets the value from another", () => {
  given({}, {})
    .graph(
      [
        task({ demand: "worker", worker: 0 }),
        task({ reads: [0], demand: "worker", worker: 1, ms: 5 }),
      ],
      { wanted: [0, 1] },
    )
    .at(0)
    .fault(0, "cut-client", { lastMs: 40 })
    .playOften(50, (report) =>
      expect(report.outcomes).toEqual({ "c0/0/t0": "value", "c0/0/t1": "value" }),
    );
});

it("a worker that dies while it is asked for values harms neither them nor who asked", () => {
  given({}, {}, {})
    .graph([
      ...tasks(4, (t) => ({ demand: "worker", worker: t % 2 })),
      ...tasks(4, (t) => ({ reads: [0, 1, 2, 3], demand: "worker", worker: 2, ms: t })),
    ])
    .at(0)
    .fault(0, "crash-at-point", { worker: 0, other: 1 })
    .fault(0, "crash-at-point", { worker: 1, other: 1 })
    .playOften(50, (report) => {
      expect(new Set(Object.values(report.outcomes))).toEqual(new Set(["value"]));
    });
});

it("workers that cannot reach one another fail nothing: the value is computed where it is read", () => {
  given({}, {})
    .graph([
      task({ demand: "worker-if-possible" }),
      task({ reads: [0] }),
      task({ reads: [1], demand: "worker", worker: 1 }),
    ])
    .at(50)
    .fault(0, "cut-peers", { other: 1, lastMs: 60_000 })
    .fault(50_000, "resend")
    .playOften(20, (report) => {
      expect(new Set(Object.values(report.outcomes))).toEqual(new Set(["value"]));
      expect(report.reached.has("input missing")).toBe(true);
      expect(ranOn(report, "t0").length).toBeLessThan(5);
    });
});

it("a value that is corrupt on the disk is computed again, and never read", () => {
  given({}, {})
    .tuned({ spillBytes: 0 })
    .graph([...chain, task({ reads: [5], ms: 1 }), task({ reads: [5], ms: 40 })])
    .at(0, { kind: "hold" })
    .fault(30, "corrupt-values")
    .fault(30, "corrupt-values", { worker: 1 })
    .at(100, { holds: 2 })
    .playOften(50, (report) => {
      expect(new Set(Object.values(report.outcomes))).toEqual(new Set(["value"]));
    });
});

it("two tasks that miss one corrupt copy fetch it anew: the second complaint undoes nothing", () => {
  const slow = { demand: "worker", worker: 1, ms: 30 } as const;
  given({ threads: 2 }, { threads: 2 })
    .graph([
      task({ demand: "worker", worker: 1 }),
      task({ reads: [0], demand: "worker", worker: 0 }),
      task(slow),
      ...tasks(4, () => ({ reads: [0, 2], demand: "worker", worker: 0 })),
    ])
    .at(0)
    .fault(25, "corrupt-values")
    .playOften(100, (report) => {
      expect(new Set(Object.values(report.outcomes))).toEqual(new Set(["value"]));
    });
});

it("splits that are lost in the middle of a shuffle are computed again, the others are not", () => {
  let again = 0;
  given({ threads: 2 }, { threads: 2 }, { threads: 2 })
    .graph([task({ ms: 5 })], { wanted: [0], ...shuffle })
    .at(0)
    .fault(8, "crash", { lastMs: 5 })
    .playOften(100, (report) => {
      expect(new Set(Object.values(report.outcomes))).toEqual(new Set(["value"]));
      if (report.reached.has("worker lost with tasks")) again++;
      expect(ranOn(report, "t0").length).toBeLessThanOrEqual(2);
    });
  expect(again).toBeGreaterThan(0);
});

it("of what goes into a shuffle a reader fetches its own piece alone", () => {
  const report = given({ threads: 2 }, { threads: 2 })
    .graph([task()], { wanted: [0], shuffles: [{ blocks: 8, parts: 8 }] })
    .at(0)
    .play();
  expect(report.reached.has("piece fetched")).toBe(true);
});

it("a value that is lost after an input of its task failed is lost for good, and said so", () => {
  given({}, {})
    .graph(
      [
        task({ does: "throws", times: 0 }),
        task({ reads: [0], demand: "worker", worker: 0 }),
        task({ reads: [1], demand: "worker", worker: 1, ms: 30 }),
      ],
      { wanted: [1, 2] },
    )
    .at(0, { kind: "hold" })
    .fault(20, "crash", { lastMs: 5 })
    .playOften(50, (report) => {
      expect(report.outcomes).toEqual({ "c0/0/t1": "value", "c0/0/t2": "value" });
    });
});

it("what comes late of a first attempt takes nothing away from the second", () => {
  given({}, {}, {})
    .graph([
      task({ demand: "worker-if-possible", worker: 1 }),
      task({ reads: [0], demand: "worker", worker: 0, ms: 5 }),
    ])
    .at(0)
    .fault(6, "mute", { lastMs: 100 })
    .fault(14, "crash", { worker: 1, lastMs: 100 })
    .playOften(50, (report) => {
      expect(new Set(Object.values(report.outcomes))).toEqual(new Set(["value"]));
      expect(ranOn(report, "t1").length).toBeLessThanOrEqual(2);
    });
});

it("a worker that takes the place of a dead one is told who the members of a group are", () => {
  let fetched = 0;
  given({})
    .graph([task()], { wanted: [0], shuffles: [{ blocks: 4, parts: 40 }] })
    .at(0)
    .fault(20, "join")
    .fault(35, "crash", { worker: 1, lastMs: 1 })
    .playOften(50, (report) => {
      expect(new Set(Object.values(report.outcomes))).toEqual(new Set(["value"]));
      if (report.reached.has("piece fetched")) fetched++;
    });
  expect(fetched).toBeGreaterThan(40);
});

it("a held value that is lost after its input has failed fails those who stand for it later", () => {
  given({}, {}, {})
    .graph(
      [
        task({ does: "falters", demand: "worker", worker: 0 }),
        task({ reads: [0], demand: "worker", worker: 1 }),
        task({ reads: [0], demand: "worker", worker: 0, ms: 60 }),
        task({ reads: [1], demand: "worker", worker: 2 }),
      ],
      { wanted: [2, 1, 3] },
    )
    .graph([task({ reads: [0] })])
    .at(0, { kind: "hold" })
    .at(50, { kind: "retry" })
    .fault(90, "crash", { lastMs: 5 })
    .fault(90, "crash", { worker: 1, lastMs: 5 })
    .fault(150, "crash", { worker: 2, lastMs: 5 })
    .at(250, { kind: "hold", graph: 1, holds: 1 })
    .playOften(20, (report) => {
      // Its client is told too that what it held is gone for good.
      expect(report.outcomes["c0/0/t1"]).toMatch(/^threw at t0/);
      expect(report.outcomes["c0/0/t2"]).toMatch(/^threw at t0/);
      expect(report.outcomes["c0/1/t0"]).toMatch(/^threw at t0/);
    });
});
