import { LayeredGraph } from "@millrace/graph";
import type { Rows } from "../packages/distributed/dist/messages/rows.js";
import { emptyReport } from "../packages/distributed/dist/messages/worker-messages.js";
import type { ExpandedGraph } from "../packages/distributed/dist/scheduler/expand.js";
import { SchedulerMachine } from "../packages/distributed/dist/scheduler/machine.js";
import type {
  SchedulerEvent,
  SchedulerInstruction,
} from "../packages/distributed/dist/scheduler/scheduler-events.js";
import type { SchedulerSettings } from "../packages/distributed/dist/scheduler/settings.js";
import { plainSettings } from "../packages/distributed/dist/messages/client-messages.js";
import { functionName } from "./scheduler-shapes.ts";

const client = 1;
/** The number of the first worker; the others follow. */
export const firstWorker = 10;

/** A scheduler with one client and many workers, and a stopwatch around what it does. */
export class Driver {
  readonly machine: SchedulerMachine;
  /** What the machine took, and the longest single event, by the clock. */
  machineMs = 0;
  longestMs = 0;
  finishedCount = 0;

  constructor(workerCount: number, settings: Partial<SchedulerSettings>) {
    this.machine = new SchedulerMachine({ workerTimeoutMs: Infinity, ...settings }, 0);
    this.feed([{ kind: "client-connected", epoch: client, name: "bench" }], 0);
    for (let n = 0; n < workerCount; n++) {
      const offer = {
        name: `w${n}`,
        address: `w${n}`,
        host: `h${n}`,
        threads: 1,
        memoryBytesMax: 1e9,
        resources: {},
      };
      this.feed([{ kind: "worker-connected", epoch: firstWorker + n, offer }], 0);
    }
    this.machineMs = 0;
  }

  /** Hands the machine events; gives what it wants done. */
  feed(events: readonly SchedulerEvent[], nowMs: number): readonly SchedulerInstruction[] {
    const startMs = performance.now();
    const instructions = this.machine.handle(events, nowMs);
    const tookMs = performance.now() - startMs;
    this.machineMs += tookMs;
    this.longestMs = Math.max(this.longestMs, tookMs);
    for (const instruction of instructions) {
      if (instruction.kind !== "tell-client" || instruction.message.kind !== "finished") continue;
      this.finishedCount += instruction.message.rows.length / 5;
    }
    return instructions;
  }

  /** A graph that somebody has written out is submitted. */
  submit(graph: ExpandedGraph): readonly SchedulerInstruction[] {
    const functions = [{ name: functionName, bytes: new Uint8Array(16) }];
    const message = {
      kind: "submit",
      run: 1,
      graph: new LayeredGraph(),
      keys: [],
      functions,
      holds: [],
      settings: plainSettings,
    } as const;
    this.feed([{ kind: "client-said", epoch: client, message }], 0);
    return this.feed([{ kind: "expanded", epoch: client, run: 1, graph }], 0);
  }

  loseWorker(n: number, nowMs: number): readonly SchedulerInstruction[] {
    return this.feed([{ kind: "disconnected", epoch: firstWorker + n, reason: "bench" }], nowMs);
  }
}

/** Time of the processor, which others on this machine do not lengthen as they do the clock's. */
export class Stopwatch {
  readonly #startMs = performance.now();
  readonly #cpu = process.cpuUsage();

  /** Of the processor's time since the start, the part that took so long by the clock. */
  shareOf(clockMs: number): number {
    const { user, system } = process.cpuUsage(this.#cpu);
    return ((user + system) / 1000) * (clockMs / (performance.now() - this.#startMs));
  }
}

/** What a worker says that has done tasks: rows of four. */
export function doneReport(epoch: number, done: Rows): SchedulerEvent {
  return { kind: "worker-said", epoch, message: { ...emptyReport, done } };
}
