import { LayeredGraph } from "@millrace/graph";
import type { Rows } from "../packages/distributed/src/messages/rows.ts";
import { noRows } from "../packages/distributed/src/messages/rows.ts";
import type { ExpandedGraph } from "../packages/distributed/src/scheduler/expand.ts";
import { SchedulerMachine } from "../packages/distributed/src/scheduler/machine.ts";
import type {
  SchedulerEvent,
  SchedulerInstruction,
} from "../packages/distributed/src/scheduler/scheduler-events.ts";
import type { SchedulerSettings } from "../packages/distributed/src/scheduler/settings.ts";
import { functionName, plainSettings } from "./scheduler-shapes.ts";

const client = 1;
const firstWorker = 10;

/** A scheduler with one client and many workers, and a stopwatch around what it does. */
export class Driver {
  readonly machine: SchedulerMachine;
  /** What the machine took, in ms of the processor, and the longest single event, of the clock. */
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

/** What a worker says that has done tasks: rows of four. */
export function doneReport(epoch: number, done: Rows): SchedulerEvent {
  const [started, awaiting, acquired, lost] = [noRows, noRows, noRows, noRows];
  const message = { kind: "report", done, started, awaiting, acquired, lost } as const;
  return { kind: "worker-said", epoch, message };
}
