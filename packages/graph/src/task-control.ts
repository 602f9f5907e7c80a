import { timeoutError } from "./errors.ts";
import type { RunControl } from "./program.ts";

/** Thrown into a program that was stopped; nobody looks at it. */
const isStopped = new Error("the time of the task is over");

/** The run of one program that has several steps, or a limit of its time. */
export class TaskControl implements RunControl {
  step = 0;
  #isTooLate = false;
  /** That of all tasks of the run. */
  readonly #run: RunControl;

  constructor(run: RunControl) {
    this.#run = run;
  }

  throwIfOver(): void {
    if (this.#isTooLate) throw isStopped;
    this.#run.throwIfOver();
  }

  pause(): Promise<void> | undefined {
    return this.#run.pause();
  }

  /**
   * What the promise of the program gives if it settles within `leftMs`, else a rejection that
   * tells of `timeoutMs`: then the program goes no further, and what comes of it is ignored.
   */
  async inTime(promise: Promise<unknown>, timeoutMs: number, leftMs: number): Promise<unknown> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const tooLate = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        this.#isTooLate = true;
        reject(timeoutError(timeoutMs));
      }, leftMs);
    });
    try {
      return await Promise.race([promise, tooLate]);
    } finally {
      clearTimeout(timer);
    }
  }
}
