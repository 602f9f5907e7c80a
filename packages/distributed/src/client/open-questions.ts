import { SchedulerLostError } from "../errors.ts";
import type { Answer } from "../messages/questions.ts";

interface Asking {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: Error) => void;
}

/** Questions that wait for their answers, each under a number of its own. */
export class OpenQuestions {
  readonly #asking = new Map<number, Asking>();
  #count = 0;

  /** Opens a question; `ask` says it under the number that it gets. */
  open(ask: (request: number) => void): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const request = this.#count++;
      this.#asking.set(request, { resolve, reject });
      ask(request);
    });
  }

  answered(request: number, answer: Answer): void {
    this.#take(request).resolve(answer);
  }

  unanswered(request: number, reason: string): void {
    this.#take(request).reject(new SchedulerLostError(reason));
  }

  #take(request: number): Asking {
    const asking = this.#asking.get(request);
    if (asking === undefined) throw new Error(`nobody has asked ${request}`);
    this.#asking.delete(request);
    return asking;
  }
}
