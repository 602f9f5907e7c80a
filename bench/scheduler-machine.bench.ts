import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { ComputeRowsReader } from "../packages/distributed/dist/messages/compute-rows.js";
import type {
  SchedulerEvent,
  SchedulerInstruction,
} from "../packages/distributed/dist/scheduler/scheduler-events.js";
import type { Bench, BenchRow } from "./bench.ts";
import { median } from "./measure.ts";
import { Driver, Stopwatch, doneReport } from "./scheduler-driver.ts";
import type { Shape } from "./scheduler-shapes.ts";
import { expandedShape } from "./scheduler-shapes.ts";

type Parameters = {
  readonly tasks: number;
  readonly workers: readonly number[];
  /** Reports that the machine gets at a time, as a shell under load gathers them. */
  readonly reports: number;
  readonly repeats: number;
};

type Run = {
  readonly cpuMs: number;
  readonly longestMs: number;
  readonly admitMs: number;
  readonly lossMs: number;
  readonly remoteShare: number;
  readonly tasks: number;
  readonly runs: number;
};

const shapes: readonly Shape[] = ["independent", "tree", "stencil", "random"];
const bytesOfValue = 1e6;
const usOfTask = 10;

export const bench: Bench<Parameters> = {
  name: "scheduler-machine",
  question: "What does the scheduler itself cost a task, where workers and network cost nothing?",
  parameters: {
    small: { tasks: 2_500, workers: [8], reports: 4, repeats: 1 },
    full: { tasks: 1_000_000, workers: [64, 1_000], reports: 16, repeats: 3 },
  },
  async run({ tasks, workers, reports, repeats }) {
    const rows: BenchRow[] = [];
    const answers: string[] = [];
    let baseline = NaN;
    for (const count of workers) {
      for (const shape of shapes) {
        for (const loses of [false, true]) {
          const runs = Array.from({ length: loses ? 1 : repeats }, () =>
            drive(shape, { tasks, workers: count, reports, loses }),
          );
          const first = runs[0] as Run;
          const medianMs = median(runs.map(({ cpuMs }) => cpuMs));
          if (Number.isNaN(baseline)) baseline = medianMs;
          rows.push({
            case: `${shape}, ${count} workers${loses ? ", one is lost in the middle" : ""}`,
            medianMs,
            ratio: medianMs / baseline,
            usATask: ((1000 * medianMs) / first.tasks).toFixed(2),
            longestEventMs: median(runs.map(({ longestMs }) => longestMs)).toFixed(1),
            admitMs: median(runs.map(({ admitMs }) => admitMs)).toFixed(1),
            lossMs: loses ? first.lossMs.toFixed(1) : "",
            remote: `${(100 * first.remoteShare).toFixed(1)} %`,
            bytesATask: loses ? "" : bytesATask(shape, tasks).toFixed(0),
          });
          answers.push(`${shape} ${count} ${loses ? "some" : first.runs}`);
        }
      }
    }
    return { rows, answer: answers.join(", ") };
  },
};

/** Workers end every task at once; what they end is reported, many reports at a time. */
function drive(
  shape: Shape,
  options: { tasks: number; workers: number; reports: number; loses: boolean },
): Run {
  const graph = expandedShape(shape, options.tasks);
  const driver = new Driver(options.workers, {});
  const inbox = new Inbox();
  const stopwatch = new Stopwatch();
  inbox.take(driver.submit(graph));
  const admitMs = driver.longestMs;
  driver.longestMs = 0;
  let lossMs = 0;
  for (let nowMs = 1; ; nowMs++) {
    if (options.loses && lossMs === 0 && inbox.runs > graph.size / 2) {
      const beforeMs = driver.machineMs;
      inbox.forget(10);
      inbox.take(driver.loseWorker(0, nowMs));
      lossMs = driver.machineMs - beforeMs;
    }
    const events = inbox.report(options.reports);
    if (events.length === 0) break;
    inbox.take(driver.feed(events, nowMs));
  }
  const cpuMs = stopwatch.shareOf(driver.machineMs);
  if (driver.finishedCount < graph.wanted.length) throw new Error("outputs are missing");
  return {
    cpuMs,
    longestMs: driver.longestMs,
    admitMs,
    lossMs,
    remoteShare: inbox.remoteInputs / Math.max(1, inbox.inputs),
    tasks: graph.size,
    runs: inbox.runs,
  };
}

type Told = Extract<SchedulerInstruction, { kind: "tell-worker" }>;

/** What workers were told and have not done. */
class Inbox {
  #queue: Told[] = [];
  #next = 0;
  readonly #gone = new Set<number>();
  runs = 0;
  inputs = 0;
  remoteInputs = 0;

  take(instructions: readonly SchedulerInstruction[]): void {
    for (const instruction of instructions) {
      if (instruction.kind === "tell-worker" && instruction.message.kind === "compute") {
        this.#queue.push(instruction);
      }
    }
  }

  /** A worker is gone; what it was told it will not do. */
  forget(epoch: number): void {
    this.#gone.add(epoch);
  }

  /** What so many messages ask for is done. */
  report(count: number): SchedulerEvent[] {
    const events: SchedulerEvent[] = [];
    while (events.length < count && this.#next < this.#queue.length) {
      const { epoch, message } = this.#queue[this.#next++] as Told;
      if (!this.#gone.has(epoch)) events.push(doneReport(epoch, this.#run(message)));
    }
    if (this.#next > 10_000) {
      this.#queue = this.#queue.slice(this.#next);
      this.#next = 0;
    }
    return events;
  }

  #run(message: Told["message"]): number[] {
    const done: number[] = [];
    if (message.kind !== "compute") return done;
    const reader = new ComputeRowsReader(message.rows);
    while (reader.nextTask()) {
      for (let n = 0; n < reader.inputCount; n++) {
        reader.nextInput();
        this.inputs++;
        if (reader.holders.length > 0) this.remoteInputs++;
      }
      done.push(reader.task, reader.attempt, bytesOfValue, usOfTask);
      this.runs++;
    }
    return done;
  }
}

/** What the machine keeps of a graph, tables and edges, a task. */
function bytesATask(shape: Shape, tasks: number): number {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const used = (): number => {
    collect();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  };
  const driver = new Driver(1, { storyMax: 0 });
  const before = used();
  driver.submit(expandedShape(shape, tasks));
  const bytes = used() - before;
  return bytes / tasks;
}
