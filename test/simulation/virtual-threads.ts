import { ownFunctions } from "@millrace/graph";
import type { Random } from "../lib/random.ts";
import type { FailureKind } from "../../packages/distributed/src/messages/failure.ts";
import type { ShippedProgram } from "../../packages/distributed/src/messages/shipped.ts";
import { ShippedValue } from "../../packages/distributed/src/messages/shipped.ts";
import type {
  RunInput,
  RunnableTask,
  ValueName,
  WorkerEvent,
  WorkerInstruction,
} from "../../packages/distributed/src/worker/worker-events.ts";
import { failureOf, keyOfLabel, labelIn, limitOf } from "./plan-graph.ts";
import { always } from "./scenario.ts";
import type { SimValue } from "./values.ts";
import { OnlyPiece, callFunction, pieceOf, runSteps } from "./values.ts";
import type { VirtualStore } from "./virtual-store.ts";
import type { World } from "./world.ts";

interface Running {
  readonly task: RunnableTask;
  readonly outcome: Outcome;
  /** It is to stop, and nobody wants what comes of it. */
  isAborted: boolean;
  takesThread: boolean;
}

interface Outcome {
  /** Keys of the planned tasks in it. */
  readonly keys: readonly string[];
  readonly value: SimValue;
  readonly ms: number;
  readonly bytes: number;
  readonly awaits: boolean;
  readonly failure: FailureKind | undefined;
}

/** Runs tasks in virtual time, as the threads of a worker would. */
export class VirtualThreads {
  readonly #world: World;
  readonly #name: string;
  readonly #store: VirtualStore;
  readonly #random: Random;
  readonly #count: number;
  /** Does something later, if the worker still lives then. */
  readonly #later: (delayMs: number, action: () => void) => void;
  readonly #say: (event: WorkerEvent) => void;
  readonly #die: () => void;
  readonly #programs = new Map<number, ShippedProgram>();
  readonly #functions = new Set<string>();
  #queue: RunnableTask[] = [];
  readonly #running = new Map<number, Running>();
  /** Which scheduler the tasks come from. */
  schedulerLife = 0;
  /** How many times longer than planned tasks take. */
  slowness = 1;

  constructor(options: {
    readonly world: World;
    readonly name: string;
    readonly store: VirtualStore;
    readonly random: Random;
    readonly count: number;
    readonly later: (delayMs: number, action: () => void) => void;
    readonly say: (event: WorkerEvent) => void;
    readonly die: () => void;
  }) {
    this.#world = options.world;
    this.#name = options.name;
    this.#store = options.store;
    this.#random = options.random;
    this.#count = options.count;
    this.#later = options.later;
    this.#say = options.say;
    this.#die = options.die;
  }

  /** Whether nothing runs and nothing waits. */
  get isIdle(): boolean {
    return this.#queue.length === 0 && this.#running.size === 0;
  }

  /** The connection is a new one: what was defined on the old one may be defined again. */
  reconnected(): void {
    this.#functions.clear();
    this.#programs.clear();
  }

  define({ programs, functions }: Extract<WorkerInstruction, { kind: "define" }>): void {
    for (const { name } of functions) {
      if (this.#functions.has(name)) throw new Error(`${name} was sent twice`);
      this.#functions.add(name);
    }
    for (const { program, spec } of programs) {
      if (this.#programs.has(program)) throw new Error(`program ${program} was sent twice`);
      this.#programs.set(program, spec);
    }
  }

  forget({ programs, functions }: Extract<WorkerInstruction, { kind: "forget" }>): void {
    for (const program of programs) this.#programs.delete(program);
    for (const name of functions) this.#functions.delete(name);
  }

  run(task: RunnableTask): void {
    const isTwice = this.#running.has(task.task) || this.#queue.some((t) => t.task === task.task);
    if (isTwice) throw new Error(`two attempts at task ${task.task} at a time on one worker`);
    const before = this.#queue.findIndex(({ priority }) => priority < task.priority);
    this.#queue.splice(before < 0 ? this.#queue.length : before, 0, task);
    this.#later(0, () => this.#fill());
  }

  withdraw(id: number, attempt: number): void {
    const found = this.#queue.find((task) => task.task === id && task.attempt === attempt);
    if (found === undefined) {
      this.#world.mark("recall refused");
      return;
    }
    this.#queue = this.#queue.filter((task) => task !== found);
    this.#say({ kind: "withdrawn", rows: [id, attempt] });
  }

  abort(id: number, attempt: number): void {
    const running = this.#running.get(id);
    if (running?.task.attempt !== attempt) {
      this.#queue = this.#queue.filter((task) => task.task !== id || task.attempt !== attempt);
      this.#later(0, () => this.#say({ kind: "aborted", rows: [id, attempt] }));
      return;
    }
    this.#world.mark("cancel during flight");
    running.isAborted = true;
    // Some tasks take no notice, and end in their own time.
    if (this.#random.chance(0.3)) return;
    this.#later(this.#random.exponential(2), () => {
      if (this.#running.get(id) !== running) return;
      this.#end(running);
      this.#say({ kind: "aborted", rows: [id, attempt] });
    });
  }

  #fill(): void {
    while (this.#queue.length > 0 && this.#takenCount() < this.#count) {
      this.#start(this.#queue.shift() as RunnableTask);
    }
  }

  #takenCount(): number {
    let count = 0;
    for (const { takesThread } of this.#running.values()) if (takesThread) count++;
    return count;
  }

  #start(task: RunnableTask): void {
    const unreadable: ValueName[] = [];
    const inputs = task.inputs.map((input) => this.#read(input, unreadable));
    if (unreadable.length > 0) {
      this.#world.mark("input unreadable");
      const { task: id, attempt } = task;
      this.#say({ kind: "unreadable", task: id, attempt, values: unreadable });
      return;
    }
    const running = {
      task,
      outcome: this.#outcomeOf(task, inputs),
      isAborted: false,
      takesThread: true,
    };
    this.#running.set(task.task, running);
    const isTooLong = running.outcome.failure === "timed-out";
    if (isTooLong && task.timeoutMs === 0) throw new Error(`task ${task.task} never ends`);
    const ms = isTooLong
      ? task.timeoutMs + this.#random.exponential(2)
      : running.outcome.ms * this.slowness;
    const { nowMs: startMs } = this.#world.clock;
    for (const key of running.outcome.keys) {
      this.#world.executions.push({ key, worker: this.#name, startMs, endMs: startMs + ms });
    }
    const { startedMs } = this.#world.scenario.tuning;
    const rows = [task.task, task.attempt];
    if (ms >= startedMs)
      this.#ifRunning(running, startedMs, () => this.#say({ kind: "started", rows }));
    if (running.outcome.awaits) {
      this.#ifRunning(running, ms / 4, () => this.#await(running));
      this.#ifRunning(running, ms / 2, () => this.#await(running));
    }
    this.#ifRunning(running, ms, () => this.#finish(running));
  }

  #ifRunning(running: Running, delayMs: number, action: () => void): void {
    this.#later(delayMs, () => {
      if (this.#running.get(running.task.task) === running) action();
    });
  }

  #await(running: Running): void {
    // It may go on and wait again any number of times.
    if (!running.takesThread) this.#world.mark("awaited twice");
    running.takesThread = false;
    this.#say({ kind: "awaiting", rows: [running.task.task, running.task.attempt] });
    this.#fill();
  }

  #end(running: Running): void {
    this.#running.delete(running.task.task);
    this.#later(0, () => this.#fill());
  }

  #finish(running: Running): void {
    const { task, outcome } = running;
    const { task: id, attempt } = task;
    if (outcome.failure === "killed") {
      this.#world.mark("task killed its worker");
      this.#die();
      return;
    }
    if (outcome.failure === "timed-out" && running.isAborted) {
      this.#world.mark("timed out when nobody wanted it");
    }
    this.#end(running);
    const us = Math.round(outcome.ms * 1000);
    if (outcome.failure === undefined) {
      const name = { id, version: attempt };
      this.#store.put(name, outcome.value, outcome.bytes, task.inPieces);
      this.#world.notePeak();
      // What an old scheduler asked for may end when there is another one, whose numbers repeat.
      if (this.schedulerLife === this.#world.scheduler.life) {
        this.#world.audit.made(name, outcome.value);
      }
      this.#say({ kind: "ran", rows: [id, attempt, outcome.bytes, us] });
    } else {
      const failure = { kind: outcome.failure, thrown: undefined };
      this.#say({ kind: "failed", task: id, attempt, us, failure });
    }
  }

  #read(input: RunInput, unreadable: ValueName[]): SimValue {
    const read = (name: ValueName): SimValue => {
      const found = this.#store.read(name);
      if (found === undefined) unreadable.push(name);
      else if (name.version > 0) this.#world.audit.checkValue(name, found.value);
      return found?.value;
    };
    if (input.kind === "value") return read(input.name);
    return input.members.map(({ name, isPiece }) => {
      const value = read(name);
      if (value === undefined || isPiece || input.piece < 0) return value;
      return new OnlyPiece(input.piece, pieceOf(value, input.piece));
    });
  }

  /** What comes of a task is known when it starts; how often tasks have failed is counted. */
  #outcomeOf(
    { task, program, attempt, constants, timeoutMs }: RunnableTask,
    inputs: readonly SimValue[],
  ): Outcome {
    const spec = this.#programs.get(program);
    if (spec === undefined) throw new Error(`program ${program} was not defined`);
    for (const constant of constants) this.#checkValue(constant as SimValue);
    const keys: string[] = [];
    let ms = 0;
    let bytes = 100;
    let awaits = false;
    let failure: FailureKind | undefined;
    const value = runSteps(spec, inputs, constants as readonly SimValue[], (name, args) => {
      this.#checkFunction(name);
      const label = labelIn(name, args);
      const plan = this.#world.plans.get(label);
      if (plan !== undefined) keys.push(keyOfLabel(label));
      const limitMs = plan === undefined ? 0 : limitOf(plan, label);
      if (label >= 0 && limitMs !== timeoutMs) {
        throw new Error(`task ${task} may run ${timeoutMs} ms, and a part of it ${limitMs}`);
      }
      ms += plan?.ms ?? 1;
      bytes = plan?.bytes ?? 100;
      if (plan?.does === "awaits") awaits = true;
      if (plan !== undefined) failure ??= this.#failureOf(label);
      return callFunction(name, args, plan?.does === "varies" ? attempt : undefined);
    });
    return { keys, value, ms, bytes, awaits, failure };
  }

  #failureOf(label: number): FailureKind | undefined {
    const plan = this.#world.plans.get(label);
    const kind = plan === undefined ? undefined : failureOf(plan.does);
    if (plan === undefined || kind === undefined) return undefined;
    const before = this.#world.failureCounts.get(label) ?? 0;
    if (plan.does === "falters") {
      this.#world.failureCounts.set(label, before + 1);
      return before % 2 === 0 ? kind : undefined;
    }
    if (plan.times !== always && before >= plan.times) return undefined;
    this.#world.failureCounts.set(label, before + 1);
    return kind;
  }

  #checkFunction(name: string): void {
    if (!(name in ownFunctions) && !this.#functions.has(name))
      throw new Error(`${name} was not sent`);
  }

  #checkValue(value: SimValue): void {
    if (!(value instanceof ShippedValue)) return;
    for (const name of value.functions) this.#checkFunction(name);
  }
}
