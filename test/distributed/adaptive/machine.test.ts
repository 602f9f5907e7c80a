import fc from "fast-check";
import { describe, expect, it } from "vitest";

import type {
  AdaptiveInstruction,
  AdaptiveSettings,
} from "../../../packages/distributed/src/adaptive/adaptive-events.ts";
import { AdaptiveMachine } from "../../../packages/distributed/src/adaptive/machine.ts";
import type {
  SchedulerLoad,
  WorkerLoad,
} from "../../../packages/distributed/src/scheduler/load.ts";
import { VirtualCluster } from "./virtual-cluster.ts";

const settings: AdaptiveSettings = {
  minimum: 0,
  maximum: Infinity,
  targetDurationMs: 5_000,
  threadsPerWorker: 1,
  waitCount: 3,
};

const idle = (name: string, storedBytes = 0): WorkerLoad => ({
  name,
  threads: 1,
  taskCount: 0,
  storedBytes,
  memoryBytesMax: 1_000,
  isRetiring: false,
});

/** So many tasks that take so many seconds each. */
function load(tasks: number, seconds: number, ...workers: readonly WorkerLoad[]): SchedulerLoad {
  return { taskCount: tasks, workUs: tasks * seconds * 1e6, strandedCount: 0, workers };
}

/** A machine that is told of loads, all of workers that are the cluster's own. */
function scaled(changes: Partial<AdaptiveSettings> = {}): {
  machine: AdaptiveMachine;
  measure: (of: SchedulerLoad, startingCount?: number) => readonly AdaptiveInstruction[];
} {
  const machine = new AdaptiveMachine({ ...settings, ...changes });
  const measure = (of: SchedulerLoad, startingCount = 0): readonly AdaptiveInstruction[] => {
    const own = of.workers.flatMap(({ name, isRetiring }) => (isRetiring ? [] : [name]));
    return machine.handle({ kind: "measured", load: of, own, startingCount }, 0);
  };
  return { machine, measure };
}

const start = (count: number): AdaptiveInstruction => ({ kind: "start", count });
const retire = (...names: readonly string[]): AdaptiveInstruction => ({ kind: "retire", names });

describe("workers are started", () => {
  it("as many as get the work done in the time wanted", () => {
    expect(scaled().measure(load(100, 1))).toEqual([start(20)]);
    expect(scaled({ targetDurationMs: 50_000 }).measure(load(100, 1))).toEqual([start(2)]);
    expect(scaled({ threadsPerWorker: 8 }).measure(load(100, 1))).toEqual([start(3)]);
  });

  it("no more than there are tasks, however long these take", () => {
    expect(scaled().measure(load(3, 3_600))).toEqual([start(3)]);
  });

  it("between minimum and maximum", () => {
    expect(scaled({ maximum: 7 }).measure(load(100, 1))).toEqual([start(7)]);
    expect(scaled({ minimum: 2 }).measure(load(0, 0))).toEqual([start(2)]);
  });

  it("without those that are on their way", () => {
    const { measure } = scaled();
    expect(measure(load(100, 1, idle("a")), 15)).toEqual([start(4)]);
    expect(measure(load(100, 1, idle("a")), 19)).toEqual([]);
  });

  it("one for what no worker here may run, and no more for that", () => {
    const { measure } = scaled();
    expect(measure({ ...load(0, 0), strandedCount: 9 })).toEqual([start(1)]);
    for (let n = 0; n < 9; n++) {
      expect(measure({ ...load(0, 0, idle("a")), strandedCount: 9 })).toEqual([]);
    }
  });

  it("without what others that have joined do", () => {
    const event = { kind: "measured", load: load(100, 1, idle("x")), own: [] } as const;
    const machine = new AdaptiveMachine(settings);
    expect(machine.handle({ ...event, startingCount: 0 }, 0)).toEqual([start(19)]);
  });

  it("not for a while where they could not be, and for twice as long the next time", () => {
    const machine = new AdaptiveMachine(settings);
    const event = { kind: "measured", load: load(1, 1), own: [], startingCount: 0 } as const;
    machine.handle({ kind: "start-failed" }, 0);
    machine.handle({ kind: "start-failed" }, 1);
    expect(machine.handle(event, 999)).toEqual([]);
    expect(machine.handle(event, 1_000)).toEqual([start(1)]);
    machine.handle({ kind: "start-failed" }, 1_500);
    expect(machine.handle(event, 3_499)).toEqual([]);
    expect(machine.handle(event, 3_500)).toEqual([start(1)]);
  });
});

describe("workers are let go", () => {
  it("when fewer were enough three times in a row", () => {
    const { measure } = scaled();
    const two = [idle("a"), idle("b")];
    expect(measure(load(0, 0, ...two))).toEqual([]);
    expect(measure(load(0, 0, ...two))).toEqual([]);
    expect(measure(load(2, 9, ...two))).toEqual([]);
    expect(measure(load(0, 0, ...two))).toEqual([]);
    expect(measure(load(1, 9, ...two))).toEqual([]);
    expect(measure(load(0, 0, ...two))).toEqual([retire("a")]);
  });

  it("those with the fewest bytes first", () => {
    const { measure } = scaled({ minimum: 1, waitCount: 1 });
    expect(measure(load(0, 0, idle("a", 5), idle("b", 1), idle("c", 3)))).toEqual([
      retire("b", "c"),
    ]);
  });

  it("never when they have something to do", () => {
    const { measure } = scaled({ waitCount: 1 });
    expect(measure(load(0, 0, { ...idle("a"), taskCount: 1 }, idle("b")))).toEqual([retire("b")]);
  });

  it("never where the others have no room for the values, nor the last one that has any", () => {
    const { measure } = scaled({ waitCount: 1 });
    expect(measure(load(0, 0, idle("a", 300), idle("b", 301)))).toEqual([]);
    expect(measure(load(0, 0, idle("a", 300), idle("b", 300)))).toEqual([retire("a")]);
    expect(measure(load(0, 0, idle("b", 1)))).toEqual([]);
    expect(measure(load(0, 0, idle("b", 0)))).toEqual([retire("b")]);
  });
});

describe("a cluster that is scaled by what there is to do", () => {
  const burst = fc.record({
    atMs: fc.integer({ min: 0, max: 60_000 }),
    tasks: fc.integer({ min: 1, max: 40 }),
    taskMs: fc.integer({ min: 1, max: 20_000 }),
    bytes: fc.integer({ min: 0, max: 20 }),
  });
  const plan = fc.record({
    bursts: fc.array(burst, { maxLength: 12, size: "max" }),
    minimum: fc.integer({ min: 0, max: 3 }),
    room: fc.integer({ min: 0, max: 20 }),
    threadsPerWorker: fc.integer({ min: 1, max: 4 }),
    targetDurationMs: fc.integer({ min: 100, max: 30_000 }),
    startMs: fc.integer({ min: 0, max: 8_000 }),
    failures: fc.array(fc.boolean(), { maxLength: 30, size: "max" }),
  });

  it("runs all tasks, within its limits, lets nobody go who is busy, and ends small", () => {
    fc.assert(
      fc.property(plan, ({ room, ...options }) => {
        const maximum = options.minimum + 1 + room;
        const cluster = new VirtualCluster({ ...settings, ...options, maximum });
        cluster.runUntilQuiet();
        expect(cluster.leftTaskCount).toBe(0);
        expect(cluster.wrongs).toEqual([]);
        expect(cluster.size).toBeGreaterThanOrEqual(options.minimum);
        expect(cluster.size).toBeLessThanOrEqual(
          Math.max(options.minimum, cluster.workersForValues),
        );
        cluster.releaseAll();
        cluster.runUntilQuiet();
        expect(cluster.size).toBe(options.minimum);
      }),
    );
  });

  it("has as many workers at once as the work takes", () => {
    const bursts = [{ atMs: 500, tasks: 40, taskMs: 1_000, bytes: 0 }];
    const cluster = new VirtualCluster({ ...settings, bursts, startMs: 700, failures: [] });
    cluster.runUntilQuiet();
    expect(cluster.largest).toBe(8);
    expect(cluster.size).toBe(0);
  });
});
