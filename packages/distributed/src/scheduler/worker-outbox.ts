import type { Rows } from "../messages/rows.ts";
import { RowsWriter, noRows } from "../messages/rows.ts";
import type { FunctionName, ShippedFunction } from "../messages/shipped.ts";
import type { Peer, ProgramDefinition, ToWorkerMessage } from "../messages/worker-messages.ts";
import type { SchedulerInstruction } from "./scheduler-events.ts";

/** Most batches define nothing: this stands for their lists. */
const none: readonly never[] = Object.freeze([]);

/**
 * What one event makes for all workers at once lives on for a while. V8 then makes whatever comes
 * from the same literal among the old, where it keeps alive what it leads to; so these are no
 * literals.
 */
class TellWorker {
  readonly kind = "tell-worker";
  readonly epoch: number;
  readonly message: ToWorkerMessage;

  constructor(epoch: number, message: ToWorkerMessage) {
    this.epoch = epoch;
    this.message = message;
  }
}

/**
 * Tasks of one priority, with what must be defined before: a `compute` message, which lacks its
 * rows until it is complete.
 */
class Batch {
  readonly kind = "compute";
  readonly priority: number;
  rows: Rows = noRows;
  constants: readonly unknown[] = none;
  programs: readonly ProgramDefinition[] = none;
  functions: readonly ShippedFunction[] = none;
  peers: readonly Peer[] = none;

  constructor(priority: number) {
    this.priority = priority;
  }
}

/** Nothing is written to it. */
const noBatch = new Batch(Number.NaN);

/**
 * What one worker is to be told at the end of an event: as few messages as can be. A worker has one
 * only until then, and the same few serve all workers.
 */
export class WorkerOutbox {
  /** Rows of the batch that is being written. */
  readonly rows: RowsWriter = new RowsWriter();
  #batch: Batch = noBatch;
  #batchesBefore: Batch[] | undefined;
  readonly #free: RowsWriter = new RowsWriter();
  #greetings: ToWorkerMessage[] | undefined;
  #recall: "none" | "some" | "all" = "none";
  #acquire: number[] | undefined;
  #acquirePeers: Peer[] | undefined;
  #cancel: number[] | undefined;
  #forgetPrograms: number[] | undefined;
  #forgetFunctions: FunctionName[] | undefined;

  /** The next task has this priority: it is written to `rows`, and beside them what it needs. */
  begin(priority: number): void {
    const last = this.#batch;
    if (last.priority === priority) return;
    if (last !== noBatch) {
      last.rows = this.rows.take();
      (this.#batchesBefore ??= []).push(last);
    }
    this.#batch = new Batch(priority);
  }

  constant(value: unknown): void {
    this.#batch.constants = added(this.#batch.constants, value);
  }

  program(definition: ProgramDefinition): void {
    this.#batch.programs = added(this.#batch.programs, definition);
  }

  shippedFunction(shipped: ShippedFunction): void {
    this.#batch.functions = added(this.#batch.functions, shipped);
  }

  peer(peer: Peer): void {
    this.#batch.peers = added(this.#batch.peers, peer);
  }

  welcome(worker: number): void {
    (this.#greetings ??= []).push({ kind: "welcome", worker });
  }

  echo(sentMs: number): void {
    (this.#greetings ??= []).push({ kind: "echo", sentMs });
  }

  retired(lost: number): void {
    (this.#greetings ??= []).push({ kind: "retired", lost });
  }

  recall(all: boolean): void {
    if (this.#recall !== "all") this.#recall = all ? "all" : "some";
  }

  /** One row of an `acquire` message. */
  acquire(row: Rows): void {
    (this.#acquire ??= []).push(...row);
  }

  acquirePeer(peer: Peer): void {
    (this.#acquirePeers ??= []).push(peer);
  }

  cancel(task: number, attempt: number): void {
    (this.#cancel ??= []).push(task, attempt);
  }

  free(task: number, version: number): void {
    this.#free.push(task);
    this.#free.push(version);
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
    if (!this.#free.isEmpty) {
      const message = { kind: "free", rows: this.#free.take() } as const;
      instructions.push(new TellWorker(epoch, message));
    }
    // Before tasks, which need not be told again where these peers are.
    if (this.#acquire !== undefined) {
      const [rows, peers] = [this.#acquire, this.#acquirePeers ?? none];
      instructions.push(new TellWorker(epoch, { kind: "acquire", rows, peers }));
      this.#acquire = undefined;
      this.#acquirePeers = undefined;
    }
    if (this.#batchesBefore !== undefined) {
      for (const message of this.#batchesBefore) {
        instructions.push(new TellWorker(epoch, message));
      }
      this.#batchesBefore = undefined;
    }
    if (this.#batch === noBatch) return;
    this.#batch.rows = this.rows.take();
    instructions.push(new TellWorker(epoch, this.#batch));
    this.#batch = noBatch;
  }

  get #isUnusual(): boolean {
    return (
      this.#greetings !== undefined ||
      this.#cancel !== undefined ||
      this.#recall !== "none" ||
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
    if (this.#recall !== "none") messages.push({ kind: "recall", all: this.#recall === "all" });
    for (const message of messages) instructions.push(new TellWorker(epoch, message));
    this.#greetings = undefined;
    this.#cancel = undefined;
    this.#forgetPrograms = undefined;
    this.#forgetFunctions = undefined;
    this.#recall = "none";
  }
}

function added<T>(list: readonly T[], item: T): readonly T[] {
  if (list === none) return [item];
  (list as T[]).push(item);
  return list;
}
