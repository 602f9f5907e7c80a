import { expect, it } from "vitest";

import { given, ranOn, task, tasks } from "../given.ts";

const allValues = new Set(["value"]);

it("tasks take a resource only as often as a worker has it, and give it back", () => {
  const report = given({ threads: 8, gpu: 2 }, { threads: 8 })
    .graph(tasks(12, () => ({ demand: "gpu", ms: 5 })))
    .at(0)
    .play();
  expect(new Set(report.executions.map(({ worker }) => worker))).toEqual(new Set(["w0"]));
  for (const one of report.executions) {
    const together = report.executions.filter(
      ({ startMs, endMs }) => startMs < one.endMs && one.startMs < endMs,
    );
    // Those that end when another begins do not run beside it.
    expect(together.filter(({ startMs }) => startMs <= one.startMs).length).toBeLessThanOrEqual(2);
  }
});

it("parts of a resource add up to the whole, however often they are taken", () => {
  const report = given({ threads: 20, gpu: 1 })
    .tuned({ windowUs: 1e6 })
    .graph(tasks(60, () => ({ demand: "half-gpu", ms: 5 })))
    .at(0)
    .play();
  expect(new Set(Object.values(report.outcomes))).toEqual(allValues);
  // A tenth each: ten at a time, so the tasks come in six waves and not in sixty.
  expect(report.endMs).toBeGreaterThan(0);
  const starts = new Set(report.executions.map(({ startMs }) => Math.floor(startMs / 5)));
  expect(starts.size).toBeLessThan(20);
});

it("a task for one worker runs there alone, also when that worker comes late or comes back", () => {
  given({}, {}, {})
    .graph(tasks(10, () => ({ demand: "worker", worker: 1, ms: 3 })))
    .at(0)
    .fault(0, "crash", { worker: 1, lastMs: 50 })
    .fault(70, "crash", { worker: 1, lastMs: 20 })
    .playOften(20, (report) => {
      expect(new Set(report.executions.map(({ worker }) => worker))).toEqual(new Set(["w1"]));
      expect(new Set(Object.values(report.outcomes))).toEqual(allValues);
    });
});

it("a task with a wish for a worker runs there, and elsewhere when that one is not there", () => {
  const wish = given({}, {}, {})
    .graph([task({ demand: "worker-if-possible", worker: 1 })])
    .at(50);
  expect(ranOn(wish.play(), "t0")).toEqual(["w1"]);
  const gone = wish.fault(20, "leave", { worker: 1 }).play();
  expect(ranOn(gone, "t0")).not.toContain("w1");
  expect(gone.outcomes).toEqual({ "c0/0/t0": "value" });
});

it("of two graphs the more urgent one is begun first, though it came later", () => {
  const report = given({ threads: 1 })
    .graph(tasks(30, () => ({ ms: 5 })))
    .graph(tasks(5, () => ({ ms: 5, bytes: 7 })))
    .at(0)
    .at(30, { graph: 1, priority: 5 })
    .play();
  const order = report.executions.map(({ startMs }) => startMs);
  expect(order).toEqual(order.toSorted((a, b) => a - b));
  const ends = Object.keys(report.outcomes);
  // The second run is over, and released, before the first.
  expect(ends.findIndex((name) => name.startsWith("c0/1/"))).toBe(0);
});

it("of two graphs with one priority the first is begun first", () => {
  const report = given({ threads: 1 })
    .graph(tasks(20, () => ({ ms: 5 })))
    .at(0)
    .at(20)
    .play();
  expect(Object.keys(report.outcomes)[0]).toMatch(/^c0\/0\//);
});

it("producers never flood memory: values are read before more are made", () => {
  // Every root makes a large value, which one task reads at once and makes small.
  const pairs = tasks(400, (t) =>
    t % 2 === 0 ? { ms: 1, bytes: 1_000 } : { reads: [t - 1], ms: 1, bytes: 1 },
  );
  const last = task({ reads: pairs.flatMap((_, t) => (t % 2 === 1 ? [t] : [])), bytes: 1 });
  for (const windowUs of [1, 2_000, 20_000]) {
    const report = given({ threads: 2 }, { threads: 2 }, { threads: 2 }, { threads: 2 })
      .tuned({ windowUs, unknownTaskUs: 1_000 })
      .graph([...pairs, last], { wanted: [400] })
      .at(0)
      .play();
    expect(report.outcomes).toEqual({ "c0/0/t400": "value" });
    // 8 threads: with a window of 2 ms there are 3 tasks a thread under way; 200 were made in all.
    const underWay = 8 * (1 + windowUs / 1_000);
    expect(report.peakBytes).toBeLessThan(1_000 * (8 + 1.5 * underWay) + 400);
  }
});

it("a worker that comes in the middle takes its share, and nothing runs twice for it", () => {
  const report = given({ threads: 1 })
    .graph(tasks(60, () => ({ ms: 10 })))
    .at(0)
    .fault(100, "join")
    .fault(100, "join", { other: 3 })
    .play();
  expect(report.executions).toHaveLength(60);
  const joined = report.executions.filter(({ worker }) => worker.startsWith("x")).length;
  expect(joined).toBeGreaterThan(25);
});

it("tasks that were sent ahead to a slow worker are asked back by the scheduler", () => {
  const report = given({ threads: 1 }, { threads: 1 })
    .tuned({ windowUs: 1e6, unknownTaskUs: 100, windowTasksMax: 8 })
    .graph(tasks(16, () => ({ ms: 20 })))
    .at(0)
    .fault(1, "slow", { lastMs: 10_000 })
    .fault(9_000, "resend")
    .play();
  expect(report.reached.has("recall granted")).toBe(true);
  expect(report.executions.filter(({ worker }) => worker === "w0").length).toBeLessThan(4);
  expect(report.executions).toHaveLength(16);
});

it("nothing waits for a task that takes far longer than was expected while others are idle", () => {
  given({}, {})
    .graph([
      task({ bytes: 1e7, demand: "worker", worker: 0 }),
      task({ reads: [0], demand: "worker", worker: 0, ms: 60_000 }),
      task({ reads: [0] }),
    ])
    .at(0)
    .playOften(20, (report) => {
      const [short] = report.executions.filter(({ key }) => key === "t2");
      expect(short?.startMs).toBeLessThan(30_000);
    });
});

it("a task that was given back once can be asked back again", () => {
  const long = { ms: 60_000 } as const;
  given({}, {})
    .tuned({ windowUs: 200_000 })
    .graph([task(long), ...tasks(39, () => ({ ms: 20 }))])
    .graph([task({ ...long, demand: "worker", worker: 1 })])
    .at(0)
    .at(500, { graph: 1, priority: 1 })
    .fault(700, "join")
    .playOften(20, ({ executions }) => {
      const first = executions.filter(({ endMs, startMs }) => endMs - startMs < 1_000);
      expect(first.filter(({ startMs }) => startMs > 5_000)).toEqual([]);
    });
});

it("a worker that does not know yet what its threads do is asked for tasks again", () => {
  given({}, {})
    .tuned({ windowUs: 1e6, startedMs: 30 })
    .graph([task({ ms: 60_000, demand: "worker", worker: 0 })])
    .graph(tasks(20, () => ({ ms: 5 })))
    .at(0)
    .at(3, { graph: 1, priority: 1 })
    .playOften(20, ({ executions }) => {
      const short = executions.filter(({ endMs, startMs }) => endMs - startMs < 1_000);
      expect(short.filter(({ startMs }) => startMs > 1_000)).toEqual([]);
    });
});

it("tasks that only one worker may run do not hide from others what they may take", () => {
  const report = given({ threads: 1 }, { threads: 1 })
    .graph([
      task({ demand: "worker", worker: 0 }),
      ...tasks(40, () => ({ reads: [0], ms: 20 })),
      ...tasks(40, () => ({ reads: [0], ms: 20, demand: "worker", worker: 0 })),
    ])
    .at(0)
    .play();
  // Of those that either may run it gets about half.
  expect(report.executions.filter(({ worker }) => worker === "w1").length).toBeGreaterThan(15);
});

it("roots are dealt out in parts of neighbours, of which only few values meet others", () => {
  const report = given({}, {}, {}, {})
    .graph([
      ...tasks(64, () => ({ ms: 20 })),
      ...tasks(32, (t) => ({ reads: [2 * t, 2 * t + 1], ms: 20 })),
    ])
    .at(0)
    .play();
  const where = new Map(report.executions.map(({ key, worker }) => [key, worker]));
  const apart = tasks(32, () => ({})).filter(
    (_, t) => where.get(`t${2 * t}`) !== where.get(`t${2 * t + 1}`),
  );
  expect(apart.length).toBeLessThanOrEqual(6);
});

it("a task that needs what no worker has waits for one that has it, and others do not wait", () => {
  given({ gpu: 1 }, {})
    .graph([task({ demand: "gpu", ms: 5 }), task({ reads: [0] }), ...tasks(10, () => ({ ms: 5 }))])
    .fault(0, "crash", { worker: 0, lastMs: 400 })
    .at(50)
    .playOften(20, ({ executions, outcomes }) => {
      expect(new Set(Object.values(outcomes))).toEqual(allValues);
      const others = executions.filter(({ key }) => key !== "t0" && key !== "t1");
      expect(others.every(({ endMs }) => endMs < 350)).toBe(true);
    });
});
