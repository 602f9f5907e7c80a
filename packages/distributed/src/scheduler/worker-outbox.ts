import { ComputeRowsWriter } from "../messages/compute-rows.ts";
import type { FunctionName, ShippedFunction } from "../messages/shipped.ts";
import type { Peer, ProgramDefinition, ToWorkerMessage } from "../messages/worker-messages.ts";
import type { SchedulerInstruction } from "./scheduler-events.ts";

/** Most batches define nothing: these stand for their lists. */
const none: readonly never[] = Object.freeze([]);

/** Tasks of one priority, with what must be defined before. */
export class Batch {
  readonly priority: number;
  readonly rows: ComputeRowsWriter = new ComputeRowsWriter();
  #constants: unknown[] | undefined;
  #programs: ProgramDefinition[] | undefined;
  #functions: ShippedFunction[] | undefined;
  #peers: Peer[] | undefined;

  constructor(priority: number) {
    this.priority = priority;
  }

  constant(value: unknown): void {
    (this.#constants ??= []).push(value);
  }

  program(definition: ProgramDefinition): void {
    (this.#programs ??= []).push(definition);
  }

  shippedFunction(shipped: ShippedFunction): void {
    (this.#functions ??= []).push(shipped);
  }

  peer(peer: Peer): void {
    (this.#peers ??= []).push(peer);
  }

  /** The message; nothing more may be written. */
  take(): ToWorkerMessage {
    return {
      kind: "compute",
      priority: this.priority,
      rows: this.rows.take(),
      constants: this.#constants ?? none,
      programs: this.#programs ?? none,
      functions: this.#functions ?? none,
      peers: this.#peers ?? none,
    };
  }
}

/** What one worker is to be told at the end of an event: as few messages as can be. */
export class WorkerOutbox {
  #greetings: ToWorkerMessage[] | undefined;
  #batches: Batch[] | undefined;
  #isRecalling = false;
  #cancel: number[] | undefined;
  #free: number[] | undefined;
  #forgetPrograms: number[] | undefined;
  #forgetFunctions: FunctionName[] | undefined;

  /** Where the next task of a priority is written to. */
  batch(priority: number): Batch {
    const batches = (this.#batches ??= []);
    const last = batches.at(-1);
    if (last?.priority === priority) return last;
    const batch = new Batch(priority);
    batches.push(batch);
    return batch;
  }

  welcome(worker: number): void {
    (this.#greetings ??= []).push({ kind: "welcome", worker });
  }

  echo(sentMs: number): void {
    (this.#greetings ??= []).push({ kind: "echo", sentMs });
  }

  recall(): void {
    this.#isRecalling = true;
  }

  cancel(task: number, attempt: number): void {
    (this.#cancel ??= []).push(task, attempt);
  }

  free(task: number, version: number): void {
    (this.#free ??= []).push(task, version);
  }

  forgetProgram(program: number): void {
    (this.#forgetPrograms ??= []).push(program);
  }

  forgetFunction(name: FunctionName): void {
    (this.#forgetFunctions ??= []).push(name);
  }

  /** Adds the messages to a list, in an order that is right; the outbox is empty afterwards. */
  take(epoch: number, instructions: SchedulerInstruction[]): void {
    if (this.#isUnusual) this.#takeUnusual(epoch, instructions);
    if (this.#free !== undefined) {
      const message = { kind: "free", rows: this.#free } as const;
      instructions.push({ kind: "tell-worker", epoch, message });
      this.#free = undefined;
    }
    if (this.#batches === undefined) return;
    for (const batch of this.#batches) {
      instructions.push({ kind: "tell-worker", epoch, message: batch.take() });
    }
    this.#batches = undefined;
  }

  get #isUnusual(): boolean {
    return (
      this.#greetings !== undefined ||
      this.#cancel !== undefined ||
      this.#isRecalling ||
      this.#forgetPrograms !== undefined ||
      this.#forgetFunctions !== undefined
    );
  }

  #takeUnusual(epoch: number, instructions: SchedulerInstruction[]): void {
    const messages: ToWorkerMessage[] = this.#greetings ?? [];
    if (this.#cancel !== undefined) messages.push({ kind: "cancel", rows: this.#cancel });
    // Early: what is defined again with the tasks of this event must not be forgotten by it.
    if (this.#forgetPrograms !== undefined || this.#forgetFunctions !== undefined) {
      const programs = this.#forgetPrograms ?? none;
      messages.push({ kind: "forget", programs, functions: this.#forgetFunctions ?? none });
    }
    if (this.#isRecalling) messages.push({ kind: "recall" });
    for (const message of messages) instructions.push({ kind: "tell-worker", epoch, message });
    this.#greetings = undefined;
    this.#cancel = undefined;
    this.#forgetPrograms = undefined;
    this.#forgetFunctions = undefined;
    this.#isRecalling = false;
  }
}
