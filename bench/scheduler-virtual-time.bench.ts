import { ComputeRowsReader } from "../packages/distributed/src/messages/compute-rows.ts";
import type { SchedulerInstruction } from "../packages/distributed/src/scheduler/scheduler-events.ts";
import type { Bench, BenchRow } from "./bench.ts";
import { Driver, doneReport } from "./scheduler-driver.ts";
import type { Shape } from "./scheduler-shapes.ts";
import { expandedShape } from "./scheduler-shapes.ts";

type Case = { readonly shape: Shape; readonly workers: number; readonly tasksAWorker: number };
type Parameters = { readonly cases: readonly Case[] };

/** Tasks take half a second to one and a half. */
const leastMs = 500;
const mostMs = 1_500;
/** Fetching an input: once, and for its bytes; as the scheduler's own settings say. */
const transferMs = 0.5;
const bytesOfValue = 1e6;
const bytesAMs = 100_000;

export const bench: Bench<Parameters> = {
  name: "scheduler-virtual-time",
  question: "How much of a core does a scheduler need for many workers whose tasks take a second?",
  parameters: {
    small: {
      cases: [
        { shape: "independent", workers: 50, tasksAWorker: 10 },
        { shape: "stencil", workers: 4, tasksAWorker: 100 },
      ],
    },
    full: {
      cases: [
        { shape: "independent", workers: 10_000, tasksAWorker: 50 },
        { shape: "independent", workers: 100_000, tasksAWorker: 10 },
        { shape: "tree", workers: 64, tasksAWorker: 1_000 },
        { shape: "stencil", workers: 64, tasksAWorker: 4_000 },
      ],
    },
  },
  async run({ cases }) {
    const rows: BenchRow[] = [];
    const answers: string[] = [];
    for (const one of cases) {
      const { driver, endMs, busyMs, remoteShare, runs } = simulate(one);
      const seconds = endMs / 1000;
      rows.push({
        case: `${one.shape}, ${one.workers.toLocaleString("en")} workers`,
        medianMs: driver.machineMs,
        simulatedSeconds: seconds.toFixed(0),
        core: `${((100 * driver.machineMs) / 1000 / seconds).toFixed(2)} %`,
        usATask: ((1000 * driver.machineMs) / runs).toFixed(2),
        utilisation: (busyMs / (endMs * one.workers)).toFixed(3),
        remote: `${(100 * remoteShare).toFixed(1)} %`,
        longestEventMs: driver.longestMs.toFixed(1),
      });
      answers.push(`${one.shape} ${runs}`);
    }
    return { rows, answer: answers.join(", ") };
  },
};

function simulate({ shape, workers, tasksAWorker }: Case): {
  readonly driver: Driver;
  readonly endMs: number;
  readonly busyMs: number;
  readonly remoteShare: number;
  readonly runs: number;
} {
  const graph = expandedShape(shape, workers * tasksAWorker);
  const driver = new Driver(workers, {});
  const crowd = new Crowd();
  crowd.take(driver.submit(graph), 0);
  for (let next = crowd.next(); next !== undefined; next = crowd.next()) {
    const { epoch, task, attempt, us } = next;
    const report = doneReport(epoch, [task, attempt, bytesOfValue, us]);
    crowd.take(driver.feed([report], next.endMs), next.endMs);
  }
  if (driver.finishedCount < graph.wanted.length) throw new Error("outputs are missing");
  const { endMs, busyMs, runs } = crowd;
  const remoteShare = crowd.remoteInputs / Math.max(1, crowd.inputs);
  return { driver, endMs, busyMs, remoteShare, runs };
}

interface Ending {
  readonly endMs: number;
  readonly epoch: number;
  readonly task: number;
  readonly attempt: number;
  readonly us: number;
}

/** Workers of one thread each, which fetch the inputs of a task before it runs. */
class Crowd {
  readonly #heap: Ending[] = [];
  readonly #freeMs = new Map<number, number>();
  #seed = 1;
  endMs = 0;
  busyMs = 0;
  runs = 0;
  inputs = 0;
  remoteInputs = 0;

  take(instructions: readonly SchedulerInstruction[], nowMs: number): void {
    for (const instruction of instructions) {
      if (instruction.kind !== "tell-worker" || instruction.message.kind !== "compute") continue;
      this.#begin(instruction.epoch, new ComputeRowsReader(instruction.message.rows), nowMs);
    }
  }

  #begin(epoch: number, reader: ComputeRowsReader, nowMs: number): void {
    while (reader.nextTask()) {
      let fetchMs = 0;
      for (let n = 0; n < reader.inputCount; n++) {
        reader.nextInput();
        this.inputs++;
        if (reader.holders.length === 0) continue;
        this.remoteInputs++;
        fetchMs += transferMs + bytesOfValue / bytesAMs;
      }
      this.#seed = (Math.imul(this.#seed, 1_103_515_245) + 12_345) & 0x7fffffff;
      const runMs = leastMs + ((mostMs - leastMs) * this.#seed) / 0x7fffffff;
      const startMs = Math.max(nowMs + fetchMs, this.#freeMs.get(epoch) ?? 0);
      const endMs = startMs + runMs;
      this.#freeMs.set(epoch, endMs);
      this.busyMs += runMs;
      this.runs++;
      const { task, attempt } = reader;
      this.#push({ endMs, epoch, task, attempt, us: runMs * 1000 });
    }
  }

  #push(ending: Ending): void {
    const heap = this.#heap;
    let i = heap.push(ending) - 1;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if ((heap[parent] as Ending).endMs <= ending.endMs) break;
      heap[i] = heap[parent] as Ending;
      i = parent;
    }
    heap[i] = ending;
  }

  /** The task that ends next. */
  next(): Ending | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined) return undefined;
    this.endMs = first.endMs;
    const size = heap.length;
    if (size === 0) return first;
    let i = 0;
    for (let child = 1; child < size; child = 2 * i + 1) {
      const right = heap[child + 1];
      if (right !== undefined && right.endMs < (heap[child] as Ending).endMs) child++;
      if ((heap[child] as Ending).endMs >= last.endMs) break;
      heap[i] = heap[child] as Ending;
      i = child;
    }
    heap[i] = last;
    return first;
  }
}
