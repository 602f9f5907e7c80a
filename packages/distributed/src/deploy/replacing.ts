import type { Log } from "../log.ts";

const pauseMs = 1_000;
const pauseMsMax = 30_000;
/** Workers that were given up within this time make the next one wait longer. */
const recentMs = 300_000;

/**
 * Starts workers for those that were given up, so that nobody waits for ever for workers that there
 * were once. A pause comes before each, twice as long each time, since what was wrong may be wrong
 * still.
 */
export class Replacing {
  readonly #log: Log;
  readonly #start: () => Promise<void>;
  /** Those of before a call of `cancel` are in another set. */
  #timers = new Set<NodeJS.Timeout>();
  /** When workers were given up; only those that still count. */
  #givenUpMs: readonly number[] = [];
  #isClosed = false;

  /** Rejections of `start` are told, and it is tried again. */
  constructor(log: Log, start: () => Promise<void>) {
    this.#log = log;
    this.#start = start;
  }

  /** Says that a worker was given up, and why; starts another one after a pause. */
  replace(name: string, reason: string): void {
    if (this.#isClosed) return;
    const nowMs = performance.now();
    const recent = this.#givenUpMs.filter((atMs) => atMs > nowMs - recentMs);
    const replacedInMs = Math.min(pauseMsMax, pauseMs * 2 ** recent.length);
    this.#givenUpMs = [...recent, nowMs];
    this.#log.error("worker given up", { name, reason, replacedInMs });
    const timers = this.#timers;
    const timer = setTimeout(() => {
      timers.delete(timer);
      this.#start().catch((error: unknown) => {
        if (timers === this.#timers) this.replace(name, String(error));
      });
    }, replacedInMs);
    timers.add(timer);
  }

  /** Somebody else sees to it that there are workers enough. */
  cancel(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers = new Set();
  }

  /** None is started any more. */
  close(): void {
    this.#isClosed = true;
    this.cancel();
  }
}
