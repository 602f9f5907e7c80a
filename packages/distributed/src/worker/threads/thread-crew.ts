import type { TaskThread } from "./task-thread.ts";

/** A crew whose threads end so often before they say anything gives up. */
const failedStartsMax = 3;

/** The threads of a pool: those that end are replaced, under the same number. */
export class ThreadCrew {
  /** One for each number, once they were started. */
  readonly threads: TaskThread[] = [];
  /** Why no thread can be started, if none can. */
  broken: unknown;
  readonly #count: number;
  readonly #startThread: (thread: number) => TaskThread;
  #failedStarts = 0;
  /** Threads that were replaced and have not ended. */
  readonly #abandoned = new Set<TaskThread>();

  constructor(count: number, startThread: (thread: number) => TaskThread) {
    this.#count = count;
    this.#startThread = startThread;
  }

  /** Starts the threads that are not there; a task would have to wait for them. */
  start(): void {
    for (let n = this.threads.length; n < this.#count; n++) {
      this.threads.push(this.#startThread(n));
    }
  }

  /** A thread has said something, so threads can be started. */
  heard(): void {
    this.#failedStarts = 0;
  }

  /** Starts another thread for one that has ended; `why` counts where it never said anything. */
  replace({ number, isReady }: TaskThread, why: unknown): void {
    if (!isReady && ++this.#failedStarts >= failedStartsMax) this.broken = why;
    else this.threads[number] = this.#startThread(number);
  }

  /**
   * A thread that does not end is left to itself; false where that are too many, since each of them
   * keeps its memory.
   */
  abandon(thread: TaskThread): boolean {
    if (this.#abandoned.size >= this.#count) return false;
    this.#abandoned.add(thread);
    return true;
  }

  /** A thread has ended; whether it was left to itself before. */
  buried(thread: TaskThread): boolean {
    return this.#abandoned.delete(thread);
  }

  /** Ends all threads, whatever they do; those left to themselves are not waited for. */
  async end(): Promise<void> {
    await Promise.all(this.threads.map((thread) => thread.end()));
  }
}
