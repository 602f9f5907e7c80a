import type { Rows } from "../messages/rows.ts";
import { noRows } from "../messages/rows.ts";
import type { WorkerMessage } from "../messages/worker-messages.ts";
import { emptyReport } from "../messages/worker-messages.ts";

/** Gathers what a worker is to say, so that it is said in few messages. */
export class Report {
  #done: number[] = [];
  #started: number[] = [];
  #awaiting: number[] = [];
  #acquired: number[] = [];
  #lost: number[] = [];
  #recalled: number[] = [];
  #notAcquired: number[] = [];
  #denied: number[] = [];
  #announced: number[] = [];

  done(task: number, attempt: number, bytes: number, us: number): void {
    this.#done.push(task, attempt, bytes, us);
  }

  /** The value of a task that is done goes along. */
  announced(task: number, attempt: number): void {
    this.#announced.push(task, attempt);
  }

  started(task: number, attempt: number): void {
    this.#started.push(task, attempt);
  }

  awaiting(task: number, attempt: number): void {
    this.#awaiting.push(task, attempt);
  }

  acquired(id: number, version: number): void {
    this.#acquired.push(id, version);
  }

  lost(id: number, version: number): void {
    this.#lost.push(id, version);
  }

  /** What was to be fetched for no task could not be. */
  notAcquired(id: number, version: number): void {
    this.#notAcquired.push(id, version);
  }

  /** A peer has a value not, or what it sent for it was not intact. */
  denied(id: number, version: number, peer: number, isIntact: boolean): void {
    this.#denied.push(id, version, peer, isIntact ? 1 : 0);
  }

  recalled(task: number, attempt: number): void {
    this.#recalled.push(task, attempt);
  }

  /** The messages that say it all; nothing is left to be said. */
  take(): WorkerMessage[] {
    const messages: WorkerMessage[] = [];
    const counts = [this.#done, this.#started, this.#awaiting, this.#acquired, this.#lost];
    if (counts.some(({ length }) => length > 0)) {
      messages.push({
        ...emptyReport,
        done: rowsOf(this.#done),
        started: rowsOf(this.#started),
        awaiting: rowsOf(this.#awaiting),
        acquired: rowsOf(this.#acquired),
        lost: rowsOf(this.#lost),
        announced: rowsOf(this.#announced),
      });
    }
    if (this.#recalled.length > 0) messages.push({ kind: "recalled", rows: this.#recalled });
    // Before what follows from it, which takes the values from those who were asked for them.
    if (this.#denied.length > 0) messages.push({ kind: "denied", rows: this.#denied });
    if (this.#notAcquired.length > 0) {
      messages.push({ kind: "not-acquired", rows: this.#notAcquired });
    }
    if (messages.length > 0) this.clear();
    return messages;
  }

  /** Forgets what was to be said. */
  clear(): void {
    this.#done = [];
    this.#started = [];
    this.#awaiting = [];
    this.#acquired = [];
    this.#lost = [];
    this.#recalled = [];
    this.#notAcquired = [];
    this.#denied = [];
    this.#announced = [];
  }
}

function rowsOf(rows: number[]): Rows {
  return rows.length === 0 ? noRows : rows;
}
