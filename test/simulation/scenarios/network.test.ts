import { expect, it } from "vitest";

import { WorkerMachine } from "../../../packages/distributed/src/worker/machine.ts";
import { given, ranOn, task, tasks } from "../given.ts";

const work = tasks(10, (t) => ({ reads: t < 4 ? [] : [t - 1, t - 4], ms: 5 }));
const allValues = new Set(["value"]);

it("a worker that cannot be heard is given up after 15 s, and is refused when it comes back", () => {
  given({}, {})
    .graph(work)
    .at(0)
    .fault(5, "cut", { lastMs: 40_000 })
    .fault(50_000, "resend")
    .playOften(20, (report) => {
      expect(new Set(Object.values(report.outcomes))).toEqual(allValues);
      expect(report.reached.has("silent worker given up")).toBe(true);
      expect(report.reached.has("late message of an old epoch")).toBe(true);
    });
});

it("a worker that hears no echo gives its scheduler up, drops all it has and joins anew", () => {
  given({}, {})
    .graph(work)
    .at(0)
    .fault(5, "deafen", { lastMs: 40_000 })
    .fault(50_000, "resend")
    .playOften(20, (report) => {
      expect(new Set(Object.values(report.outcomes))).toEqual(allValues);
      expect(report.reached.has("worker gave its scheduler up")).toBe(true);
    });
});

it("a worker that only cannot be heard is given up all the same", () => {
  given({}, {})
    .graph(work)
    .at(0)
    .fault(5, "mute", { lastMs: 40_000 })
    .fault(50_000, "resend")
    .playOften(20, (report) => {
      expect(new Set(Object.values(report.outcomes))).toEqual(allValues);
      expect(report.reached.has("silent worker given up")).toBe(true);
    });
});

it("a busy worker that is told nothing for long does not give its scheduler up", () => {
  const report = given({ threads: 1 })
    .tuned({ workerTimeoutMs: 300, startedMs: 0 })
    .graph(tasks(20, () => ({ ms: 90, does: "awaits" })))
    .at(0)
    .play();
  expect(report.reached.has("worker gave its scheduler up")).toBe(false);
  expect(report.reached.has("silent worker given up")).toBe(false);
});

it("a connection that breaks costs what was on it, and no more", () => {
  given({ threads: 2 }, { threads: 2 })
    .graph(work)
    .at(0)
    .fault(8, "drop")
    .fault(16, "drop", { worker: 1 })
    .fault(24, "drop")
    .playOften(100, (report) => expect(new Set(Object.values(report.outcomes))).toEqual(allValues));
});

it("frames of an old connection that come again change nothing", () => {
  let count = 0;
  given({ threads: 2 }, { threads: 2 })
    .graph(work)
    .at(0)
    .fault(12, "drop")
    .fault(30, "resend")
    .fault(32, "resend")
    .fault(34, "resend")
    .playOften(100, (report) => {
      expect(new Set(Object.values(report.outcomes))).toEqual(allValues);
      if (report.reached.has("frame of an old connection came again")) count++;
    });
  expect(count).toBeGreaterThan(50);
});

it("what a client wanted that is gone is computed no more, and nothing of it stays", () => {
  const report = given({})
    .graph(tasks(20, () => ({ ms: 50 })))
    .clients(2)
    .at(0)
    .at(60, { kind: "reconnect" })
    .at(61, { client: 1 })
    .play();
  expect(report.reached.has("run lost with the connection")).toBe(true);
  // That nothing stays is checked at the end of every scenario.
  expect(Object.keys(report.outcomes).length).toBeGreaterThanOrEqual(20);
});

it("graphs that are submitted again while late messages are on their way get their own values", () => {
  given({ threads: 2 }, { threads: 2 })
    .tuned({ delayMs: 5 })
    .graph(tasks(4, (t) => ({ ms: 0, reads: t === 0 ? [] : [t - 1] })))
    .at(0)
    .at(10, { kind: "again" })
    .at(17, { kind: "again" })
    .at(23, { kind: "again" })
    .at(31, { kind: "again" })
    .playOften(200, (report) => {
      const last = Object.entries(report.outcomes).filter(([, outcome]) => outcome === "value");
      expect(last.length).toBeGreaterThanOrEqual(4);
    });
});

it("a worker that is frozen for a while is as good as new, or is given up", () => {
  given({ threads: 2 }, { threads: 2 })
    .graph(work)
    .at(0)
    .fault(6, "pause", { lastMs: 20_000 })
    .fault(30_000, "resend")
    .playOften(20, (report) => {
      expect(new Set(Object.values(report.outcomes))).toEqual(allValues);
      expect(report.reached.has("silent worker given up")).toBe(true);
    });
});

it("a slow worker makes things slow and nothing wrong", () => {
  const report = given({ threads: 1 }, { threads: 1 })
    .graph(tasks(10, () => ({ ms: 5 })))
    .at(0)
    .fault(1, "slow", { lastMs: 10_000 })
    .fault(9_000, "resend")
    .play();
  expect(new Set(Object.values(report.outcomes))).toEqual(allValues);
  const onSlow = report.executions.filter(({ worker }) => worker === "w0").length;
  expect(onSlow).toBeLessThan(4);
});

it("when the scheduler is another process, clients are told and submit again", () => {
  given({}, {})
    .graph(work)
    .at(0)
    .fault(12, "restart-scheduler")
    .playOften(50, (report) => {
      expect(new Set(Object.values(report.outcomes))).toEqual(allValues);
      expect(report.reached.has("run lost with the connection")).toBe(true);
      expect(ranOn(report, "t0").length).toBeGreaterThanOrEqual(1);
    });
});

it("a task waits for a worker that may run it, as long as it takes", () => {
  const report = given({})
    .graph([task({ demand: "gpu" })])
    .at(0)
    .play();
  expect(ranOn(report, "t0")).toEqual(["gpu"]);
});

it("a worker that comes late on a connection that it has given up is forgotten again", () => {
  given({}, {})
    .graph([task()])
    .at(0)
    .fault(1, "mute", { lastMs: 20_000 })
    .fault(20, "crash-silently", { lastMs: 10 })
    .playOften(50, (report) => expect(report.outcomes).toEqual({ "c0/0/t0": "value" }));
});

const compute = {
  kind: "told",
  message: {
    kind: "compute",
    priority: 0,
    rows: [1, 1, 0, 0, 0, 0],
    constants: [],
    programs: [],
    functions: [],
    peers: [],
  },
} as const;

function idleWorker(): WorkerMachine {
  const offer = {
    name: "w",
    address: "w",
    host: "h",
    threads: 1,
    memoryBytesMax: 1,
    resources: {},
  };
  return new WorkerMachine(offer, { heartbeatMs: Infinity, silenceMs: 10 }, 0);
}

it("what a scheduler says that was given up is not heard", () => {
  const machine = idleWorker();
  machine.handle([{ kind: "connected" }], 0);
  const late = machine.handle([{ kind: "ticked" }, compute], 20);
  expect(late.map(({ kind }) => kind)).toEqual(["reconnect"]);
  const again = machine.handle([{ kind: "connected" }, compute], 30);
  expect(again.map(({ kind }) => kind)).toEqual(["tell", "run", "wake"]);
});

it("what ended just before a connection did is not told to the next one", () => {
  const machine = idleWorker();
  machine.handle([{ kind: "connected" }, compute], 0);
  const ran = { kind: "ran", rows: [1, 1, 10, 10] } as const;
  const broken = { kind: "disconnected", reason: "simulated" } as const;
  const told = machine
    .handle([ran, broken, { kind: "connected" }], 5)
    .flatMap((instruction) => (instruction.kind === "tell" ? [instruction.message.kind] : []));
  expect(told).toEqual(["offer"]);
});
