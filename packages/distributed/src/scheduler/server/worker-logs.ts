import { LogsError } from "../../http/watched.ts";
import type { LogsTold, LogsWanted } from "../../messages/worker-logs.ts";

/** A worker that is alive answers at once, unless its thread is busy for long. */
const answerMs = 10_000;
/** Questions that are open at a time. */
const openMax = 256;

interface Question {
  readonly epoch: number;
  readonly timer: NodeJS.Timeout;
  readonly resolve: (lines: readonly string[]) => void;
  readonly reject: (error: LogsError) => void;
}

/** Asks workers for the last lines of their logs. */
export class WorkerLogs {
  readonly #open = new Map<number, Question>();
  #questions = 0;

  /** @throws LogsError where the worker does not answer in time, or goes */
  ask(
    epoch: number,
    linesMax: number,
    tell: (message: LogsWanted) => void,
  ): Promise<readonly string[]> {
    return new Promise((resolve, reject) => {
      if (this.#open.size >= openMax) {
        reject(new LogsError("too many questions at a time"));
        return;
      }
      const question = this.#questions++;
      const late = (): void => this.#end(question, "the worker does not answer");
      const timer = setTimeout(late, answerMs).unref();
      this.#open.set(question, { epoch, timer, resolve, reject });
      tell({ kind: "logs-wanted", question, linesMax });
    });
  }

  /** A worker has answered; what comes too late, or was asked of another, is nothing. */
  told(epoch: number, { question, lines }: LogsTold): void {
    const found = this.#open.get(question);
    if (found?.epoch !== epoch) return;
    this.#open.delete(question);
    clearTimeout(found.timer);
    found.resolve(lines);
  }

  /** A worker is gone, and will not answer. */
  left(epoch: number): void {
    for (const [question, asked] of this.#open) {
      if (asked.epoch === epoch) this.#end(question, "the worker is gone");
    }
  }

  #end(question: number, reason: string): void {
    const asked = this.#open.get(question);
    if (asked === undefined) return;
    this.#open.delete(question);
    clearTimeout(asked.timer);
    asked.reject(new LogsError(reason));
  }
}
