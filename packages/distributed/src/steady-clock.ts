/** How often the loop of events is looked at, and a delay that is no accident any more. */
const tickMs = 200;
const stallMs = 500;

/**
 * Time for deadlines of others, in milliseconds: it only goes forward, and not while this process
 * was too busy, or stopped, to hear anybody. A scheduler that was frozen for a minute has not been
 * left by its workers.
 */
export class SteadyClock {
  #lostMs = 0;
  #lastMs: number = performance.now();
  readonly #timer: NodeJS.Timeout;

  constructor() {
    this.#timer = setInterval(() => this.nowMs(), tickMs).unref();
  }

  nowMs(): number {
    const realMs = performance.now();
    const passedMs = realMs - this.#lastMs;
    if (passedMs > tickMs + stallMs) this.#lostMs += passedMs - tickMs;
    this.#lastMs = realMs;
    return realMs - this.#lostMs;
  }

  /** Milliseconds from now until this clock shows `atMs`. */
  until(atMs: number): number {
    return Math.max(0, atMs - this.nowMs());
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
