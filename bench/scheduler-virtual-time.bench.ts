import { ComputeRowsReader } from "../packages/distributed/dist/messages/compute-rows.js";
import type {
  SchedulerEvent,
  SchedulerInstruction,
} from "../packages/distributed/dist/scheduler/scheduler-events.js";
import type { Bench, BenchRow } from "./bench.ts";
import { Driver, Stopwatch, doneReport, firstWorker } from "./scheduler-driver.ts";
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
        { shape: "stencil", workers: 16, tasksAWorker: 4_000 },
        { shape: "stencil", workers: 250, tasksAWorker: 1_000 },
      ],
    },
  },
  async run({ cases }) {
    const rows: BenchRow[] = [];
    const answers: string[] = [];
    for (const one of cases) {
      const { driver, cpuMs, endMs, busyMs, remoteShare, runs } = simulate(one);
      const seconds = endMs / 1000;
      rows.push({
        case: `${one.shape}, ${one.workers.toLocaleString("en")} workers`,
        medianMs: cpuMs,
        simulatedSeconds: seconds.toFixed(0),
        core: `${((100 * cpuMs) / 1000 / seconds).toFixed(2)} %`,
        usATask: ((1000 * cpuMs) / runs).toFixed(2),
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
  readonly cpuMs: number;
  readonly endMs: number;
  readonly busyMs: number;
  readonly remoteShare: number;
  readonly runs: number;
} {
  const graph = expandedShape(shape, workers * tasksAWorker);
  const driver = new Driver(workers, {});
  const crowd = new Crowd(workers);
  crowd.take(driver.submit(graph), 0);
  // What is measured is the steady work, not the beginning.
  driver.machineMs = 0;
  driver.longestMs = 0;
  const stopwatch = new Stopwatch();
  for (let report = crowd.next(); report !== undefined; report = crowd.next()) {
    crowd.take(driver.feed([report], crowd.endMs), crowd.endMs);
  }
  if (driver.finishedCount < graph.wanted.length) throw new Error("outputs are missing");
  const cpuMs = stopwatch.shareOf(driver.machineMs);
  const { endMs, busyMs, runs } = crowd;
  const remoteShare = crowd.remoteInputs / Math.max(1, crowd.inputs);
  return { driver, cpuMs, endMs, busyMs, remoteShare, runs };
}

/**
 * Workers of one thread each, which fetch the inputs of a task before it runs. A task is longer
 * than the window of work under way, so that each has one at a time. Flat arrays: what is measured
 * shares its memory with this.
 */
class Crowd {
  readonly #endMs: Float64Array;
  readonly #task: Int32Array;
  readonly #attempt: Int32Array;
  readonly #us: Float64Array;
  /** Busy workers, the one that ends first at the top. */
  readonly #heap: Int32Array;
  #size = 0;
  #seed = 1;
  endMs = 0;
  busyMs = 0;
  runs = 0;
  inputs = 0;
  remoteInputs = 0;

  constructor(workers: number) {
    const count = workers + firstWorker;
    this.#endMs = new Float64Array(count);
    this.#task = new Int32Array(count).fill(-1);
    this.#attempt = new Int32Array(count);
    this.#us = new Float64Array(count);
    this.#heap = new Int32Array(count);
  }

  take(instructions: readonly SchedulerInstruction[], nowMs: number): void {
    for (const instruction of instructions) {
      if (instruction.kind !== "tell-worker" || instruction.message.kind !== "compute") continue;
      this.#begin(instruction.epoch, new ComputeRowsReader(instruction.message.rows), nowMs);
    }
  }

  #begin(epoch: number, reader: ComputeRowsReader, nowMs: number): void {
    while (reader.nextTask()) {
      if (this.#task[epoch] !== -1) throw new Error(`worker ${epoch} has two tasks`);
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
      this.busyMs += runMs;
      this.runs++;
      this.#task[epoch] = reader.task;
      this.#attempt[epoch] = reader.attempt;
      this.#us[epoch] = runMs * 1000;
      this.#endMs[epoch] = nowMs + fetchMs + runMs;
      this.#push(epoch);
    }
  }

  #push(epoch: number): void {
    const heap = this.#heap;
    const endMs = this.#endMs;
    let i = this.#size++;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (endMs[heap[parent]!]! <= endMs[epoch]!) break;
      heap[i] = heap[parent]!;
      i = parent;
    }
    heap[i] = epoch;
  }

  /** The task that ends next is reported. */
  next(): SchedulerEvent | undefined {
    if (this.#size === 0) return undefined;
    const epoch = this.#pop();
    this.endMs = this.#endMs[epoch]!;
    const done = [this.#task[epoch]!, this.#attempt[epoch]!, bytesOfValue, this.#us[epoch]!];
    this.#task[epoch] = -1;
    return doneReport(epoch, done);
  }

  #pop(): number {
    const heap = this.#heap;
    const endMs = this.#endMs;
    const first = heap[0]!;
    const last = heap[--this.#size]!;
    const size = this.#size;
    let i = 0;
    for (let child = 1; child < size; child = 2 * i + 1) {
      if (child + 1 < size && endMs[heap[child + 1]!]! < endMs[heap[child]!]!) child++;
      if (endMs[heap[child]!]! >= endMs[last]!) break;
      heap[i] = heap[child]!;
      i = child;
    }
    heap[i] = last;
    return first;
  }
}
