/** How often the loop of events is looked at, and a delay that is no accident any more. */
const tickMs = 200;
const stallMs = 500;

/** Time in milliseconds that only goes forward. */
export interface Clock {
  nowMs(): number;
  /**
   * Whole milliseconds from now until it shows `atMs`, for a timer. One that goes off may have to
   * be set again: timers are early by a fraction of a millisecond, and hold no more than 31 bits.
   */
  until(atMs: number): number;
}

/** The clock of the process. */
export const processClock: Clock = {
  nowMs: () => performance.now(),
  until: (atMs) => timerMs(atMs - performance.now()),
};

function timerMs(ms: number): number {
  return Math.min(2 ** 31 - 1, Math.max(0, Math.ceil(ms)));
}

/**
 * Time for deadlines of others, in milliseconds: it only goes forward, and not while this process
 * was too busy, or stopped, to hear anybody. A scheduler that was frozen for a minute has not been
 * left by its workers, nor has a worker by its scheduler.
 */
export class SteadyClock implements Clock {
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

  until(atMs: number): number {
    return timerMs(atMs - this.nowMs());
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
