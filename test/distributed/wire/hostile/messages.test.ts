import {
  BlockwiseLayer,
  LayeredGraph,
  MaterializedLayer,
  TreeReduceLayer,
  blockInput,
  blockStep,
  task,
} from "@millrace/graph";
import { describe, expect, test } from "vitest";
import type { RunSettings } from "../../../../packages/distributed/dist/messages/client-messages.js";
import { plainSettings } from "../../../../packages/distributed/dist/messages/client-messages.js";
import { HeldOutput } from "../../../../packages/distributed/dist/messages/shipped.js";
import type { WorkerOffer } from "../../../../packages/distributed/dist/messages/worker-messages.js";
import { emptyReport } from "../../../../packages/distributed/dist/messages/worker-messages.js";
import { standIn } from "../../../../packages/distributed/dist/scheduler/stand-in.js";
import { pause, until } from "../../../cluster/lib/until.ts";
import { protocolVersion } from "../../../../packages/distributed/src/wire/greeting.ts";
import { Attacked } from "./attacked.ts";

const attacked = new Attacked({ limits: { tasksMax: 20_000, inputsMax: 100_000 } });

/** A function that is never run. */
const code = { name: "f0".repeat(32), bytes: new Uint8Array([1, 2, 3]) };

const settings: RunSettings = { ...plainSettings, optimize: true };
const offer: WorkerOffer = {
  name: "hostile",
  address: "tcp://127.0.0.1:9",
  host: "nowhere",
  threads: 1,
  memoryBytesMax: 1e9,
  resources: {},
};
const none: readonly never[] = [];
const run = (count: number): LayeredGraph =>
  new LayeredGraph().withLayer(
    new BlockwiseLayer("x", {
      count,
      inputs: [{ kind: "index" }],
      steps: [blockStep(standIn(code.name), blockInput(0))],
    }),
  );
const submit = (graph: LayeredGraph, keys: readonly string[], more: object = {}) =>
  ({
    kind: "submit",
    run: 0,
    graph,
    keys,
    functions: [code],
    holds: none,
    settings: { ...settings, workers: ["nobody"] },
    ...more,
  }) as const;

// Inputs 57 and 58.
describe("a worker is cut off that says", () => {
  const wrong: readonly (readonly [string, unknown])[] = [
    ["no list", { kind: "heartbeat", sentMs: 1 }],
    ["a list of no objects", [1, "x", null]],
    ["something unknown", [{ kind: "explode" }]],
    ["something of a client", [{ kind: "release", run: 0 }]],
    ["something of the scheduler", [{ kind: "compute", rows: new Int32Array(0) }]],
    ["a report without fields", [{ kind: "report" }]],
    ["a heartbeat of no time", [{ kind: "heartbeat", sentMs: NaN }]],
    ["memory that is no number", [{ kind: "memory", paused: true, bytes: "many" }]],
    ["memory below nothing", [{ kind: "memory", paused: true, bytes: -1 }]],
    [
      "a failure of an unknown kind",
      [{ kind: "failed", task: 0, attempt: 1, us: 1, failure: "x" }],
    ],
    ["rows that are no rows", [{ kind: "recalled", rows: "none" }]],
    ["half a row", [{ kind: "recalled", rows: Int32Array.of(1) }]],
    ["rows with a fraction", [{ kind: "recalled", rows: Float64Array.of(1.5, 2) }]],
    ["rows without end", [{ kind: "recalled", rows: Float64Array.of(Infinity, 2) }]],
    ["a part that never came", [{ kind: "recalled", rows: { part: 7 } }]],
    ["that a task took less than no time", [done(0, 1, 10, -5)]],
    ["that a value has fewer bytes than none", [done(0, 1, -10, 5)]],
    [
      "a short value that is long",
      [withValue({ task: 0, version: 1, bytes: Buffer.alloc(1_025) })],
    ],
    ["a short value that is no bytes", [withValue({ task: 0, version: 1, bytes: "short" })]],
    ["more short values than a message brings", [{ ...done(0, 1, 1, 1), values: manyValues }]],
    ["a short value of no task", [withValue({ version: 1, bytes: Buffer.alloc(1) })]],
  ];
  test.each(wrong)("%s", async (_, messages) => {
    const peer = await attacked.welcome("worker");
    peer.fromWorker({ kind: "offer", offer });
    peer.control(messages);
    await peer.closed();
  });

  test("anything before what it offers", async () => {
    const peer = await attacked.welcome("worker");
    peer.fromWorker({ kind: "heartbeat", sentMs: 1 });
    await peer.closed();
  });

  test("what it offers twice", async () => {
    const peer = await attacked.welcome("worker");
    peer.fromWorker({ kind: "offer", offer }).fromWorker({ kind: "offer", offer });
    await peer.closed();
  });

  test("who it is twice", async () => {
    const peer = await attacked.welcome("worker");
    peer.control({ protocol: protocolVersion, role: "worker", name: "x", version: "0.1.0" });
    await peer.closed();
  });

  // Input 61.
  test.each([
    ["no threads", { threads: 0 }],
    ["a million threads", { threads: 1_000_000 }],
    ["half a thread", { threads: 0.5 }],
    ["memory below nothing", { memoryBytesMax: -1 }],
    ["less than none of a resource", { resources: { gpu: -1 } }],
    ["a name of a thousand characters", { name: "x".repeat(1_000) }],
    ["the name of another worker", { name: "innocent" }],
    ["a name that it has not said before", { name: "somebody else" }],
    ["an address that it has not said before", { address: "tcp://127.0.0.1:10" }],
  ])("that it has %s", async (_, change) => {
    const peer = await attacked.welcome("worker");
    peer.fromWorker({ kind: "offer", offer: { ...offer, ...change } });
    await peer.closed();
  });
});

// Inputs 59 and 60.
test("what a worker says of tasks that it has not is nothing", async () => {
  const slow = attacked.client.submit(
    () => new Promise((resolve) => setTimeout(() => resolve(7), 300)),
    [],
    { workers: ["innocent"] },
  );
  await pause(50);
  const peer = await attacked.welcome("worker");
  peer.fromWorker({ kind: "offer", offer });
  const ids = [0, 1, 255, 256, 2 ** 31 - 1, 2 ** 32, -1, -(2 ** 32) + 3, Number.MAX_SAFE_INTEGER];
  for (const id of ids) {
    for (const attempt of [0, 1, 2, -1, 2 ** 31]) {
      const row = [id, attempt];
      const ended = [...row, 10, 10];
      peer.fromWorker({ ...emptyReport, done: ended });
      peer.fromWorker({ ...emptyReport, started: row, awaiting: row });
      peer.fromWorker({ ...emptyReport, acquired: row, lost: row });
      peer.fromWorker({ kind: "recalled", rows: row });
      const failure = { kind: "threw", thrown: undefined } as const;
      // As single numbers these are refused.
      if (id < 0 || attempt < 0) continue;
      peer.fromWorker({ kind: "failed", task: id, attempt, us: 1, failure });
    }
  }
  await attacked.innocentWork();
  expect(await slow.result()).toBe(7);
  expect(peer.isClosed).toBe(false);
});

test("values that a worker claims and lacks are made again by another one", async () => {
  const peer = await attacked.welcome("worker");
  peer.fromWorker({ kind: "offer", offer });
  const futures = attacked.client.map((n: number) => n * 2, [1, 2, 3, 4]);
  // It says of all tasks that it could be given that it has their values.
  const claim = Array.from({ length: 1_024 }, (_, id) =>
    [1, 2, 3, 4].flatMap((a) => [id, a, 8, 1]),
  );
  const timer = setInterval(() => {
    peer.fromWorker({ ...emptyReport, done: claim.flat() });
  }, 20);
  try {
    expect(await attacked.client.gather(futures)).toEqual([2, 4, 6, 8]);
  } finally {
    clearInterval(timer);
  }
});

const demand = { kind: "coordinate", request: 0, name: "x" };

describe("a client is cut off that says", () => {
  const wrong: readonly (readonly [string, unknown])[] = [
    ["something unknown", [{ kind: "explode" }]],
    ["something of a worker", [{ kind: "heartbeat", sentMs: 1 }]],
    ["a run below nothing", [{ kind: "release", run: -1 }]],
    ["a run that is no number", [{ kind: "release", run: "all" }]],
    ["a run with a fraction", [{ kind: "retry", run: 0.5, round: 1 }]],
    ["a run without its graph", [{ kind: "submit", run: 0 }]],
    ["a graph that is none", [{ ...plain, graph: new Uint8Array([1, 2, 3]) }]],
    ["settings that are none", [{ ...plain, settings: 7 }]],
    ["functions without code", [{ kind: "supply", names: new Uint8Array([1]) }]],
    ["holds that are no rows", [{ ...plain, holds: Int32Array.of(1) }]],
    ["a demand that is unknown", [{ ...demand, what: "actor-explode" }]],
    ["a call of an actor without a value", [{ ...demand, what: "actor-call", run: 0 }]],
    ["an answer to a call below nothing", [{ ...demand, what: "actor-answer", call: -1 }]],
    ["a host without a worker", [{ ...demand, what: "actor-host" }]],
    ["an end of an endless reason", [{ ...demand, what: "actor-end", reason: "x".repeat(1_001) }]],
    [
      "a name of a thousand characters",
      [{ ...demand, what: "actor-hold", name: "x".repeat(1_000) }],
    ],
    ["a space that is none", [{ ...demand, what: "variable-names", space: "attic" }]],
  ];
  test.each(wrong)("%s", async (_, messages) => {
    const peer = await attacked.welcome("client");
    peer.control(messages);
    await peer.closed();
  });

  test("the same run twice", async () => {
    const peer = await attacked.welcome("client");
    peer.fromClient(submit(run(2), ["x/0"])).fromClient(submit(run(2), ["x/0"]));
    await peer.closed();
  });
});

const plain = {
  kind: "submit",
  run: 0,
  graph: new Uint8Array(1),
  holds: new Int32Array(0),
  settings: { ...settings, resources: [], lookahead: undefined },
};

const manyValues = Array.from({ length: 33 }, (_, task) => ({
  task,
  version: 1,
  bytes: Buffer.alloc(1),
}));

function withValue(value: object) {
  return { ...done(0, 1, 1, 1), values: [value] };
}

function done(task: number, attempt: number, bytes: number, us: number) {
  const rows = new Int32Array(0);
  const ended = Float64Array.of(task, attempt, bytes, us);
  return { kind: "report", done: ended, started: rows, awaiting: rows, acquired: rows, lost: rows };
}

describe("of a client that asks for what cannot be, the run alone is rejected:", () => {
  const all = 2 ** 31 - 1;
  const tree = new TreeReduceLayer("s", {
    input: "x",
    count: all,
    splitEvery: 2,
    combine: { fn: standIn(code.name) },
    aggregate: { fn: standIn(code.name) },
  });
  const wide = new BlockwiseLayer("w", {
    count: 10_000,
    inputs: Array.from({ length: 1_000 }, () => ({ kind: "block", layer: "x" }) as const),
    steps: [blockStep(standIn(code.name), blockInput(0))],
  });
  const last = new TreeReduceLayer("l", {
    input: "w",
    count: 10_000,
    splitEvery: 10_000,
    combine: { fn: standIn(code.name) },
    aggregate: { fn: standIn(code.name) },
  });
  test.each([
    ["more tasks than there can be", run(all).withLayer(tree), ["s/0"]],
    ["more edges than there can be", run(10_000).withLayer(wide).withLayer(last), ["l/0"]],
    ["a key that is not there", run(2), ["y/0"]],
    ["a task beyond its layer", run(2), ["x/2"]],
  ])("%s", async (_, graph, keys) => {
    const peer = await attacked.welcome("client");
    const before = peer.received.length;
    peer.fromClient(submit(graph, keys));
    const heard = (): string => peer.received.subarray(before).toString("latin1");
    await until("an answer", () => heard().includes("rejected") || peer.isClosed, 20_000);
    expect(peer.isClosed).toBe(false);
  });
});

describe("nobody else is harmed by a client that", () => {
  test("releases an output many times", async () => {
    const peer = await attacked.welcome("client");
    peer.fromClient(submit(run(4), ["x/0", "x/1", "x/2", "x/3"]));
    peer.fromClient({ kind: "release", run: 0, outputs: [0, 0, 0, 0] });
    peer.fromClient({ kind: "release", run: 0, outputs: [-1, 9, 2 ** 31, 1, 1] });
    await pause(100);
    expect(peer.isClosed).toBe(false);
  });

  test("speaks of runs and outputs that are not there", async () => {
    const peer = await attacked.welcome("client");
    peer.fromClient(submit(run(2), ["x/0"]));
    for (const number of [0, 1, 2 ** 31, Number.MAX_SAFE_INTEGER]) {
      peer.fromClient({ kind: "advance", run: number, consumed: Number.MAX_SAFE_INTEGER });
      peer.fromClient({ kind: "retry", run: number, round: 7 });
      const value = { output: number, task: number, version: 1, worker: 1 };
      peer.fromClient({ kind: "missing", run: number, ...value });
      peer.fromClient({ kind: "release", run: number, outputs: [5] });
    }
    await pause(100);
    expect(peer.isClosed).toBe(false);
  });

  test("stands for outputs that it has not", async () => {
    const held = (of: HeldOutput): LayeredGraph =>
      new LayeredGraph().withLayer(
        new BlockwiseLayer("h", {
          count: 1,
          inputs: [{ kind: "values", values: [of] }],
          steps: [blockStep(standIn(code.name), blockInput(0))],
        }),
      );
    const own = (of: HeldOutput, ...more: readonly unknown[]): LayeredGraph =>
      new LayeredGraph().withLayer(
        MaterializedLayer.blocks("h", [task(standIn(code.name), [...more, of])]),
      );
    for (const holds of [none, [new HeldOutput(5, 0)], [new HeldOutput(0, 0)]]) {
      for (const graph of [own(new HeldOutput(5, 0)), own(new HeldOutput(0, 9), 1)]) {
        const peer = await attacked.welcome("client");
        peer.fromClient(submit(run(1), ["x/0"]));
        peer.fromClient(submit(graph, ["h/0"], { run: 1, holds }));
        await pause(50);
        peer.end();
      }
      const peer = await attacked.welcome("client");
      peer.fromClient(submit(run(1), ["x/0"]));
      peer.fromClient(submit(held(new HeldOutput(5, 0)), ["h/0"], { run: 1, holds }));
      peer.fromClient(submit(held(new HeldOutput(0, 3)), ["h/0"], { run: 2, holds }));
      await pause(100);
      peer.end();
    }
  });

  test("goes away in the middle of everything", async () => {
    for (let n = 0; n < 20; n++) {
      const peer = await attacked.welcome("client");
      peer.fromClient(submit(run(1_000), ["x/0", "x/999"]));
      peer.end();
    }
    await pause(100);
  });
});
