import type {
  AdaptiveInstruction,
  AdaptiveSettings,
} from "../../../packages/distributed/src/adaptive/adaptive-events.ts";
import { AdaptiveMachine } from "../../../packages/distributed/src/adaptive/machine.ts";
import type { SchedulerLoad } from "../../../packages/distributed/src/scheduler/load.ts";

/** Tasks that are submitted at one time. */
export interface Burst {
  readonly atMs: number;
  readonly tasks: number;
  readonly taskMs: number;
  /** What the value of each of them takes. */
  readonly bytes: number;
}

interface Options extends AdaptiveSettings {
  readonly bursts: readonly Burst[];
  /** What it takes to start a worker. */
  readonly startMs: number;
  /** Whether the first, second, … worker that is to be started cannot be. */
  readonly failures: readonly boolean[];
}

interface VirtualWorker {
  readonly name: string;
  /** When its tasks end. */
  running: { readonly endMs: number; readonly bytes: number }[];
  storedBytes: number;
}

const intervalMs = 1_000;
const memoryBytesMax = 2_000;
/** No plan takes longer, whatever is drawn: 12 bursts of 40 tasks of 20 s one after the other. */
const limitMs = 12 * 40 * 20_000 + 300_000;

/** A cluster in virtual time around the machine that scales it. It notes what is wrong. */
export class VirtualCluster {
  readonly wrongs: string[] = [];
  largest = 0;
  readonly #options: Options;
  readonly #machine: AdaptiveMachine;
  readonly #failures: boolean[];
  #nowMs = 0;
  #coming: Burst[];
  #ready: Burst[] = [];
  #starting: { readonly atMs: number; readonly fails: boolean }[] = [];
  #workers: VirtualWorker[] = [];
  #names = 0;

  constructor(options: Options) {
    this.#options = options;
    this.#machine = new AdaptiveMachine(options);
    this.#failures = [...options.failures];
    this.#coming = [...options.bursts];
  }

  get size(): number {
    return this.#workers.length + this.#starting.length;
  }

  /** How many workers have room for all values, with some to spare. */
  get workersForValues(): number {
    const bytes = this.#workers.reduce((sum, worker) => sum + worker.storedBytes, 0);
    return Math.ceil(bytes / (0.6 * memoryBytesMax));
  }

  get leftTaskCount(): number {
    const running = this.#workers.reduce((sum, worker) => sum + worker.running.length, 0);
    return running + [...this.#coming, ...this.#ready].reduce((sum, { tasks }) => sum + tasks, 0);
  }

  /** No value is wanted any more. */
  releaseAll(): void {
    for (const worker of this.#workers) worker.storedBytes = 0;
  }

  /** Measures until nothing is to be done and nothing changes for a while. */
  runUntilQuiet(): void {
    const endMs = this.#nowMs + limitMs;
    for (let quiet = 0; quiet < 2 * this.#options.waitCount + 2;) {
      const before = this.size;
      this.#step();
      const isQuiet = this.leftTaskCount === 0 && this.size === before;
      quiet = isQuiet && this.#starting.length === 0 && !this.#isShort() ? quiet + 1 : 0;
      if (this.#nowMs > endMs) throw new Error("the cluster does not come to rest");
    }
  }

  #isShort(): boolean {
    return this.size < this.#options.minimum;
  }

  #step(): void {
    this.#nowMs += intervalMs;
    const [now, due] = [this.#nowMs, this.#coming.filter(({ atMs }) => atMs <= this.#nowMs)];
    this.#coming = this.#coming.filter(({ atMs }) => atMs > now);
    this.#ready.push(...due);
    const [come, rest] = [
      this.#starting.filter(({ atMs }) => atMs <= now),
      this.#starting.filter(({ atMs }) => atMs > now),
    ];
    this.#starting = rest;
    for (const { fails } of come) {
      if (fails) this.#machine.handle({ kind: "start-failed" }, now);
      else this.#workers.push({ name: `w${this.#names++}`, running: [], storedBytes: 0 });
    }
    for (const worker of this.#workers) this.#work(worker);
    const own = this.#workers.map(({ name }) => name);
    const startingCount = this.#starting.length;
    const event = { kind: "measured", load: this.#load(), own, startingCount } as const;
    for (const each of this.#machine.handle(event, now)) this.#carryOut(each);
    this.largest = Math.max(this.largest, this.size);
    if (this.size > this.#options.maximum) this.wrongs.push(`${this.size} workers`);
  }

  #work(worker: VirtualWorker): void {
    const now = this.#nowMs;
    for (const { endMs, bytes } of worker.running) if (endMs <= now) worker.storedBytes += bytes;
    worker.running = worker.running.filter(({ endMs }) => endMs > now);
    while (worker.running.length < this.#options.threadsPerWorker) {
      const [burst] = this.#ready;
      if (burst === undefined) return;
      const { tasks, taskMs, bytes } = burst;
      if (tasks === 1) this.#ready.shift();
      else this.#ready[0] = { ...burst, tasks: tasks - 1 };
      worker.running.push({ endMs: now + taskMs, bytes });
    }
  }

  #load(): SchedulerLoad {
    let taskCount = 0;
    let workMs = 0;
    for (const { tasks, taskMs } of this.#ready) {
      taskCount += tasks;
      workMs += tasks * taskMs;
    }
    for (const { running } of this.#workers) {
      taskCount += running.length;
      for (const { endMs } of running) workMs += endMs - this.#nowMs;
    }
    const workers = this.#workers.map(({ name, running, storedBytes }) => ({
      name,
      threads: this.#options.threadsPerWorker,
      taskCount: running.length,
      storedBytes,
      memoryBytesMax,
      isRetiring: false,
    }));
    return { taskCount, workUs: 1_000 * workMs, strandedCount: 0, workers };
  }

  #carryOut(instruction: AdaptiveInstruction): void {
    switch (instruction.kind) {
      case "start":
        if (instruction.count < 1) this.wrongs.push(`start ${instruction.count}`);
        for (let n = 0; n < instruction.count; n++) {
          const fails = this.#failures.shift() ?? false;
          this.#starting.push({ atMs: this.#nowMs + this.#options.startMs, fails });
        }
        return;
      case "retire":
        for (const name of instruction.names) this.#retire(name);
        return;
    }
  }

  #retire(name: string): void {
    const worker = this.#workers.find((each) => each.name === name);
    if (worker === undefined || worker.running.length > 0) {
      this.wrongs.push(`${name} was let go`);
      return;
    }
    this.#workers = this.#workers.filter((each) => each !== worker);
    const [heir] = this.#workers;
    if (heir !== undefined) heir.storedBytes += worker.storedBytes;
    else if (worker.storedBytes > 0) this.wrongs.push("values are lost");
  }
}
