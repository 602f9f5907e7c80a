import { LayeredGraph, MaterializedLayer, task } from "@millrace/graph";
import { expect, it } from "vitest";
import type {
  RunSettings,
  ToClientMessage,
} from "../../../packages/distributed/src/messages/client-messages.ts";
import { plainSettings } from "../../../packages/distributed/src/messages/client-messages.ts";
import { expandGraph } from "../../../packages/distributed/src/scheduler/expand.ts";
import { SchedulerMachine } from "../../../packages/distributed/src/scheduler/machine.ts";
import type { SchedulerEvent } from "../../../packages/distributed/src/scheduler/scheduler-events.ts";
import type { SchedulerSettings } from "../../../packages/distributed/src/scheduler/settings.ts";
import { standIn } from "../../../packages/distributed/src/scheduler/stand-in.ts";

const client = 1;

function joins(epoch: number, resources: Readonly<Record<string, number>> = {}): SchedulerEvent {
  const place = { address: "a", host: "h", threads: 1, memoryBytesMax: 1e9 };
  return { kind: "worker-connected", epoch, offer: { ...place, name: `w${epoch}`, resources } };
}

/** A scheduler that is driven by the ticks that it asks for, as by a process. */
class Driven {
  readonly machine: SchedulerMachine;
  readonly told: ToClientMessage[] = [];
  readonly logged: string[] = [];
  #runs = 0;
  #nowMs = 0;
  #wakeMs = Infinity;

  constructor(settings: Partial<SchedulerSettings> = {}) {
    this.machine = new SchedulerMachine({ checked: true, journalMax: 10, ...settings }, 0);
    this.feed({ kind: "client-connected", epoch: client, name: "c" });
  }

  feed(...events: SchedulerEvent[]): void {
    for (const instruction of this.machine.handle(events, this.#nowMs)) {
      if (instruction.kind === "wake") this.#wakeMs = instruction.atMs;
      else if (instruction.kind === "tell-client") this.told.push(instruction.message);
      else if (instruction.kind === "warn") this.logged.push(instruction.event);
    }
    this.machine.validate();
  }

  /** A run of equal tasks and one that reads them all. */
  submit(count: number, changes: Partial<RunSettings>): void {
    const names = Array.from({ length: count }, (_, t) => `t${t}`);
    const tasks = names.map((key) => [key, task(standIn("f"), [0])] as const);
    const graph = new LayeredGraph().withLayer(new MaterializedLayer("all", tasks));
    const settings = { ...plainSettings, ...changes };
    const run = this.#runs++;
    const functions = [{ name: "f", bytes: new Uint8Array(1) }];
    const plan = { graph, keys: names, functions, holds: [], settings };
    this.feed(
      { kind: "client-said", epoch: client, message: { kind: "submit", run, ...plan } },
      { kind: "expanded", epoch: client, run, graph: expandGraph(graph, names, settings) },
    );
  }

  /** Lets time pass; workers are heard of all the while. */
  until(ms: number, workers: readonly number[] = []): void {
    while (this.#wakeMs <= ms) {
      this.#nowMs = this.#wakeMs;
      this.#wakeMs = Infinity;
      const heard = workers.map((epoch): SchedulerEvent => {
        const message = { kind: "heartbeat", sentMs: this.#nowMs } as const;
        return { kind: "worker-said", epoch, message };
      });
      this.feed(...heard, { kind: "ticked" });
    }
    this.#nowMs = ms;
  }

  /** What the client was warned of, and nothing else. */
  get warnings(): readonly string[] {
    return this.told.flatMap((message) => (message.kind === "warned" ? [message.text] : []));
  }

  get failures(): readonly unknown[] {
    return this.told.flatMap((message) =>
      message.kind === "failed" ? [{ outputs: [...message.outputs], ...message.failure }] : [],
    );
  }
}

it("where there is no worker the client and the log are told after 10 s, once", () => {
  const driven = new Driven();
  driven.submit(3, {});
  driven.until(9_999);
  expect(driven.warnings).toEqual([]);
  driven.until(60_000);
  expect(driven.warnings).toMatchInlineSnapshot(`
    [
      "3 tasks have waited for a worker for 10 s, got "t0", and no workers, wanted any worker. Start one, or cancel what waits.",
    ]
  `);
  expect(driven.logged).toEqual(["tasks wait for a worker"]);
  expect(driven.machine.view.journalCounts.get("tasks-stranded")).toBe(1);
  expect(driven.failures).toEqual([]);
});

it("a task that asks for what no worker has is told of with what there is", () => {
  const driven = new Driven();
  driven.feed(joins(7, { gpu: 1 }), joins(8));
  driven.submit(1, { resources: { gpu: 2 }, workers: ["w7", "x"] });
  driven.until(10_500, [7, 8]);
  expect(driven.warnings).toMatchInlineSnapshot(`
    [
      "a task has waited for a worker for 10 s, got "t0" that asks for 2 of gpu, one of the workers w7, x, and 2 workers: w7 (gpu=1), w8, wanted a worker that fits. Start one, or cancel what waits.",
    ]
  `);
});

it("nobody is told of tasks for which a worker comes in time", () => {
  const driven = new Driven({ noWorkersTimeoutMs: 9_000 });
  driven.submit(2, { resources: { gpu: 1 } });
  driven.until(5_000);
  driven.feed(joins(7, { gpu: 1 }));
  driven.until(60_000, [7]);
  expect([...driven.warnings, ...driven.failures]).toEqual([]);
});

it("a worker that does not fit does not make them wait longer", () => {
  const driven = new Driven({ noWorkersTimeoutMs: 5_000 });
  driven.submit(2, { resources: { gpu: 1 } });
  driven.until(4_000);
  driven.feed(joins(7));
  driven.until(5_000, [7]);
  expect(driven.failures).toEqual([
    {
      kind: "unrunnable",
      key: "t0",
      outputs: [0, 1],
      attempts: 0,
      workers: [],
      thrown: undefined,
      asked: { resources: { gpu: 1 }, workers: undefined, waitedMs: 5_000, there: "1 worker: w7" },
    },
  ]);
});

it("with a limit all tasks fail that no worker comes for, and later ones after it again", () => {
  const driven = new Driven({ noWorkersTimeoutMs: 5_000 });
  driven.submit(3, {});
  driven.until(3_000);
  driven.submit(1, {});
  driven.until(5_000);
  expect(driven.failures).toMatchObject([{ outputs: [0, 1, 2], asked: { there: "no workers" } }]);
  driven.until(8_100);
  expect(driven.failures).toHaveLength(2);
  driven.feed(joins(7));
  driven.until(60_000, [7]);
  expect(driven.warnings).toEqual([]);
});

it("the time counts from when the last worker that fits has left", () => {
  const driven = new Driven({ noWorkersTimeoutMs: 5_000 });
  driven.feed(joins(7));
  driven.until(20_000, [7]);
  driven.submit(2, {});
  driven.feed({ kind: "disconnected", epoch: 7, reason: "gone" });
  driven.until(24_999);
  expect(driven.failures).toEqual([]);
  driven.until(25_200);
  expect(driven.failures.length).toBeGreaterThan(0);
});
