import { ComputeRowsWriter } from "../messages/compute-rows.ts";
import type { FunctionName, ShippedFunction } from "../messages/shipped.ts";
import type { Peer, ProgramDefinition, ToWorkerMessage } from "../messages/worker-messages.ts";

/** Tasks of one priority, with what must be defined before. */
export interface Batch {
  readonly priority: number;
  readonly rows: ComputeRowsWriter;
  readonly constants: unknown[];
  readonly programs: ProgramDefinition[];
  readonly functions: ShippedFunction[];
  readonly peers: Peer[];
}

/** What one worker is to be told at the end of an event: as few messages as can be. */
export class WorkerOutbox {
  #greetings: ToWorkerMessage[] = [];
  #batches: Batch[] = [];
  #recall: number[] = [];
  #cancel: number[] = [];
  #free: number[] = [];
  #forgetPrograms: number[] = [];
  #forgetFunctions: FunctionName[] = [];
  #isEmpty = true;

  get isEmpty(): boolean {
    return this.#isEmpty;
  }

  /** Where the next task of a priority is written to. */
  batch(priority: number): Batch {
    this.#isEmpty = false;
    const last = this.#batches.at(-1);
    if (last?.priority === priority) return last;
    const batch = {
      priority,
      rows: new ComputeRowsWriter(),
      constants: [],
      programs: [],
      functions: [],
      peers: [],
    };
    this.#batches.push(batch);
    return batch;
  }

  welcome(worker: number): void {
    this.#isEmpty = false;
    this.#greetings.push({ kind: "welcome", worker });
  }

  echo(sentMs: number): void {
    this.#isEmpty = false;
    this.#greetings.push({ kind: "echo", sentMs });
  }

  recall(task: number, attempt: number): void {
    this.#pair(this.#recall, task, attempt);
  }

  cancel(task: number, attempt: number): void {
    this.#pair(this.#cancel, task, attempt);
  }

  free(task: number, version: number): void {
    this.#pair(this.#free, task, version);
  }

  forgetProgram(program: number): void {
    this.#isEmpty = false;
    this.#forgetPrograms.push(program);
  }

  forgetFunction(name: FunctionName): void {
    this.#isEmpty = false;
    this.#forgetFunctions.push(name);
  }

  #pair(list: number[], task: number, attempt: number): void {
    this.#isEmpty = false;
    list.push(task, attempt);
  }

  /** The messages, in an order that is right; the outbox is empty afterwards. */
  take(): ToWorkerMessage[] {
    if (this.#isEmpty) return [];
    const messages = this.#greetings;
    this.#greetings = [];
    if (this.#cancel.length > 0) {
      messages.push({ kind: "cancel", rows: this.#cancel });
      this.#cancel = [];
    }
    // Early: what is defined again with the tasks of this event must not be forgotten by it.
    if (this.#forgetPrograms.length + this.#forgetFunctions.length > 0) {
      const programs = this.#forgetPrograms;
      messages.push({ kind: "forget", programs, functions: this.#forgetFunctions });
      this.#forgetPrograms = [];
      this.#forgetFunctions = [];
    }
    if (this.#recall.length > 0) {
      messages.push({ kind: "recall", rows: this.#recall });
      this.#recall = [];
    }
    if (this.#free.length > 0) {
      messages.push({ kind: "free", rows: this.#free });
      this.#free = [];
    }
    if (this.#batches.length > 0) {
      for (const batch of this.#batches) {
        messages.push({ kind: "compute", ...batch, rows: batch.rows.take() });
      }
      this.#batches = [];
    }
    this.#isEmpty = true;
    return messages;
  }
}
