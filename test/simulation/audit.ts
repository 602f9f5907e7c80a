import {
  ComputeRowsReader,
  gathers,
} from "../../packages/distributed/src/messages/compute-rows.ts";
import type {
  ToWorkerMessage,
  WorkerMessage,
} from "../../packages/distributed/src/messages/worker-messages.ts";
import type {
  SchedulerEvent,
  SchedulerInstruction,
} from "../../packages/distributed/src/scheduler/scheduler-events.ts";
import type { ValueName, Want } from "../../packages/distributed/src/worker/worker-events.ts";
import { workerNames } from "./plan-graph.ts";
import type { SimValue } from "./values.ts";
import { hashOf } from "./values.ts";
import { textOf } from "./virtual-store.ts";
import type { VirtualWorker } from "./virtual-worker.ts";
import type { World } from "./world.ts";

interface Sent {
  readonly id: number;
  readonly attempt: number;
  readonly gpu: number;
  hasStarted: boolean;
}

interface Watched {
  readonly name: string;
  readonly gpu: number;
  readonly threads: number;
  readonly sent: Map<number, Sent>;
  /** What it was told of gathering tasks, and the values that it has said it has. */
  readonly gatherings: Set<string>;
  readonly held: Set<string>;
  /**
   * What has ended with the events that the scheduler handles now: it may give the worker up first.
   */
  endedNow: Sent[];
  isPaused: boolean;
  isRetiring: boolean;
}

/** Attempts at one task in one scenario; more are a loop without end. */
const attemptsMax = 120;

/**
 * Listens to all that the scheduler is told and tells, and keeps a model of its own, simple and
 * slow, of what must hold between the machines whatever happens.
 */
export class Audit {
  readonly #world: World;
  readonly #workers = new Map<number, Watched>();
  readonly #attempts = new Map<number, number>();
  readonly #attemptCounts = new Map<number, number>();
  readonly #made = new Map<string, SimValue>();
  /** How often workers have died with a task of a slot. */
  readonly deaths = new Map<number, number>();
  /** Tasks that a worker died with and that have not ended well since. */
  readonly #suspects = new Set<number>();
  readonly #done = new Set<number>();
  readonly #depths = new Map<string, number>();
  readonly #failedOnce = new Set<string>();

  constructor(world: World) {
    this.#world = world;
  }

  schedulerRestarted(): void {
    this.#workers.clear();
    this.#attempts.clear();
    this.#attemptCounts.clear();
    this.#made.clear();
    this.#suspects.clear();
    this.#done.clear();
  }

  /** A task has made a value; it is the only one of its name for ever. */
  made(name: ValueName, value: SimValue): void {
    const text = textOf(name);
    if (this.#made.has(text)) throw new Error(`value ${text} was made twice`);
    this.#made.set(text, value);
  }

  /** A client gives a value to a worker, perhaps once more to another: it is always the same. */
  given(name: ValueName, value: SimValue): void {
    if (this.#made.has(textOf(name))) this.checkValue(name, value);
    else this.#made.set(textOf(name), value);
  }

  checkValue(name: ValueName, value: SimValue): void {
    const made = this.#made.get(textOf(name));
    // Values of before the scheduler's restart are not known any more.
    if (made === undefined && this.#world.hasRestarted) return;
    if (hashOf([made]) !== hashOf([value])) {
      throw new Error(`value ${textOf(name)} is not the one that was made`);
    }
  }

  notFetched({ name }: VirtualWorker, want: Want): void {
    this.#failedOnce.add(`${name}/${textOf(want.as)}`);
  }

  fetched({ name }: VirtualWorker, want: Want): void {
    if (this.#failedOnce.delete(`${name}/${textOf(want.as)}`)) {
      this.#world.mark("fetched from another holder");
    }
  }

  /** What the scheduler is about to be told, all at once. */
  happen(events: readonly SchedulerEvent[]): void {
    for (const worker of this.#workers.values()) worker.endedNow = [];
    for (const event of events) this.#happens(event);
  }

  #happens(event: SchedulerEvent): void {
    switch (event.kind) {
      case "worker-connected": {
        const { name, threads, resources } = event.offer;
        const gpu = resources["gpu"] ?? 0;
        const watched = {
          name,
          gpu,
          threads,
          sent: new Map(),
          gatherings: new Set<string>(),
          held: new Set<string>(),
          endedNow: [],
          isPaused: false,
          isRetiring: false,
        };
        this.#workers.set(event.epoch, watched);
        return;
      }
      case "disconnected":
        this.losesWorker(event.epoch);
        return;
      case "retire": {
        const worker = this.#workers.get(event.worker);
        if (worker !== undefined) worker.isRetiring = true;
        return;
      }
      case "worker-said": {
        const worker = this.#workers.get(event.epoch);
        if (worker !== undefined) this.#says(worker, event.message);
        return;
      }
      default:
        return;
    }
  }

  losesWorker(epoch: number): void {
    const worker = this.#workers.get(epoch);
    if (worker === undefined) return;
    this.#workers.delete(epoch);
    for (const { id } of [...worker.sent.values(), ...worker.endedNow]) {
      this.deaths.set(id, 1 + (this.deaths.get(id) ?? 0));
      this.#suspects.add(id);
    }
    if (worker.sent.size > 0) this.#world.mark("worker lost with tasks");
  }

  #says(worker: Watched, message: WorkerMessage): void {
    switch (message.kind) {
      case "report":
        for (let n = 0; n < message.started.length; n += 2) {
          const sent = worker.sent.get(message.started[n] as number);
          if (sent?.attempt === message.started[n + 1]) (sent as Sent).hasStarted = true;
        }
        forPairs(message.acquired, (name) => worker.held.add(textOf(name)));
        forPairs(message.lost, (name) => worker.held.delete(textOf(name)));
        for (let n = 0; n < message.done.length; n += 4) {
          const id = message.done[n] as number;
          worker.held.add(textOf({ id, version: message.done[n + 1] as number }));
          if (!this.#ends(worker, id, message.done[n + 1] as number)) continue;
          this.#suspects.delete(id);
          this.#done.add(id);
        }
        return;
      case "failed":
      case "missing":
        this.#ends(worker, message.task, message.attempt);
        if (message.kind === "missing") this.#world.mark("input missing");
        return;
      case "recalled":
        this.#world.mark("recall granted");
        for (let n = 0; n < message.rows.length; n += 2) {
          this.#ends(worker, message.rows[n] as number, message.rows[n + 1] as number);
        }
        return;
      case "memory":
        worker.isPaused = message.paused;
        return;
      case "not-acquired":
        this.#world.mark("value not acquired");
        return;
      case "retire":
        worker.isRetiring = true;
        return;
      default:
        return;
    }
  }

  #ends({ sent, endedNow }: Watched, id: number, attempt: number): boolean {
    const found = sent.get(id);
    if (found?.attempt !== attempt) return false;
    sent.delete(id);
    endedNow.push(found);
    return true;
  }

  /**
   * What the scheduler tells all workers at once: what it takes from one it may give to another.
   */
  cancels(instructions: readonly SchedulerInstruction[]): void {
    for (const instruction of instructions) {
      if (instruction.kind !== "tell-worker" || instruction.message.kind !== "cancel") continue;
      const worker = this.#workers.get(instruction.epoch);
      const { rows } = instruction.message;
      for (let n = 0; worker !== undefined && n < rows.length; n += 2) {
        this.#ends(worker, rows[n] as number, rows[n + 1] as number);
      }
    }
  }

  /** What the scheduler tells a worker. */
  tellsWorker(epoch: number, message: ToWorkerMessage): void {
    const worker = this.#workers.get(epoch);
    if (worker === undefined)
      throw new Error(`a ${message.kind} for worker ${epoch}, which is gone`);
    if (message.kind === "free") {
      forPairs(message.rows, (name) => {
        worker.held.delete(textOf(name));
        worker.gatherings.delete(textOf(name));
      });
    }
    if (message.kind === "recall") this.#world.mark("recall asked");
    if (message.kind === "compute") this.#computes(epoch, worker, message);
    if (message.kind === "acquire") this.#acquires(epoch, worker, message.rows);
    if (message.kind === "retired") this.#retires(epoch, worker, message.lost);
  }

  /** What a worker is to fetch must be where it is said. */
  #acquires(epoch: number, worker: Watched, rows: readonly number[]): void {
    if (worker.isPaused || worker.isRetiring) throw new Error(`worker ${epoch} is to acquire`);
    this.#world.mark("value copied for no task");
    for (let n = 0; n < rows.length; n += 4 + (rows[n + 3] as number)) {
      const holders = rows.slice(n + 4, n + 4 + (rows[n + 3] as number));
      const text = textOf({ id: rows[n] as number, version: rows[n + 1] as number });
      if (holders.length === 0) throw new Error(`worker ${epoch} is not told who has ${text}`);
      this.#checkHolders(epoch, holders, text);
    }
  }

  /** A worker may go when it has no task, and others have what it has. */
  #retires(epoch: number, worker: Watched, lost: number): void {
    this.#world.mark(lost > 0 ? "worker retired with losses" : "worker retired");
    if (worker.sent.size > 0) throw new Error(`worker ${epoch} has tasks and is to go`);
    const { workers } = this.#world.scheduler.machine.snapshot;
    const { held = [] } = workers.find((one) => one.epoch === epoch) ?? {};
    const others = [...this.#workers.values()].filter(({ isRetiring }) => !isRetiring);
    let alone = 0;
    forPairs(held, (name) => {
      if (!others.some((other) => other.held.has(textOf(name)))) alone++;
    });
    if (alone !== lost) throw new Error(`worker ${epoch} takes ${alone} values along, not ${lost}`);
  }

  #computes(
    epoch: number,
    worker: Watched,
    { rows, constants }: Extract<ToWorkerMessage, { kind: "compute" }>,
  ): void {
    if (worker.isPaused) throw new Error(`worker ${epoch} is paused and gets tasks`);
    if (worker.isRetiring) throw new Error(`worker ${epoch} retires and gets tasks`);
    const reader = new ComputeRowsReader(rows);
    let constant = 0;
    while (reader.nextTask()) {
      const own = constants.slice(constant, (constant += reader.constantCount));
      const depth = this.#readInputs(epoch, worker, reader);
      if ((reader.flags & gathers) !== 0) {
        worker.gatherings.add(textOf({ id: reader.task, version: reader.attempt }));
      }
      if ((reader.flags & gathers) === 0) this.#sends(epoch, worker, reader, own, depth);
    }
    const used = [...worker.sent.values()].reduce((sum, { gpu }) => sum + gpu, 0);
    if (used > worker.gpu + 1e-6) throw new Error(`worker ${epoch} has not ${used} gpu`);
  }

  /** Checks that inputs are where it is said; gives how deep what it reads was computed anew. */
  #readInputs(epoch: number, worker: Watched, reader: ComputeRowsReader): number {
    let depth = 0;
    for (let n = 0; n < reader.inputCount; n++) {
      reader.nextInput();
      const text = textOf({ id: reader.input, version: reader.version });
      this.#checkHolders(epoch, reader.holders, text);
      const isHere = worker.held.has(text) || worker.gatherings.has(text);
      if (reader.holders.length === 0 && !isHere) {
        throw new Error(`worker ${epoch} is not told who has ${text}`);
      }
      depth = Math.max(depth, this.#depths.get(text) ?? 0);
    }
    return depth;
  }

  #checkHolders(epoch: number, holders: readonly number[], text: string): void {
    for (const holder of holders) {
      if (holder === epoch) throw new Error(`worker ${epoch} is to ask itself`);
      const held = this.#workers.get(holder)?.held;
      if (held?.has(text) !== true) throw new Error(`worker ${holder} has not ${text}`);
    }
  }

  #sends(
    epoch: number,
    worker: Watched,
    { task: id, attempt }: ComputeRowsReader,
    constants: readonly unknown[],
    inputDepth: number,
  ): void {
    if ((this.#attempts.get(id) ?? 0) >= attempt)
      throw new Error(`attempt ${attempt} at ${id} again`);
    this.#attempts.set(id, attempt);
    const count = 1 + (this.#attemptCounts.get(id) ?? 0);
    this.#attemptCounts.set(id, count);
    if (count > attemptsMax) throw new Error(`${count} attempts at task ${id}`);
    for (const [other, { sent }] of this.#workers) {
      if (sent.has(id)) throw new Error(`task ${id} is with ${other} and ${epoch}`);
    }
    const { plans, scenario } = this.#world;
    const labels = constants.filter((c): c is number => typeof c === "number" && plans.has(c));
    let gpu = 0;
    for (const label of labels) {
      const { demand, worker: wanted } = plans.get(label) ?? { demand: "nothing", worker: 0 };
      gpu = Math.max(gpu, demand === "gpu" ? 1 : demand === "half-gpu" ? 0.1 : 0);
      const names = workerNames(scenario);
      if (demand === "worker" && names[wanted % names.length] !== worker.name) {
        throw new Error(`task ${id} may not run on ${worker.name}`);
      }
    }
    if (this.#suspects.has(id)) this.#world.mark("suspect ran again");
    const depth = this.#done.has(id) ? inputDepth + 1 : 0;
    this.#depths.set(textOf({ id, version: attempt }), depth);
    if (depth >= 3) this.#world.mark("computed anew three deep");
    worker.sent.set(id, { id, attempt, gpu, hasStarted: false });
  }

  /** What the worker of an epoch was sent and has not answered. */
  sentTo(epoch: number): readonly Sent[] {
    return [...(this.#workers.get(epoch)?.sent.values() ?? [])];
  }

  get epochs(): readonly number[] {
    return [...this.#workers.keys()];
  }
}

function forPairs(rows: readonly number[], visit: (name: ValueName) => void): void {
  for (let n = 0; n < rows.length; n += 2) {
    visit({ id: rows[n] as number, version: rows[n + 1] as number });
  }
}
