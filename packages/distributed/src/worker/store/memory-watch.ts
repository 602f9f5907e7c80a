const WATCH_MS = 100;

/**
 * Calls `sample` every 100 ms while there is something to watch, and has no timer otherwise. It
 * never keeps a process alive.
 */
export class MemoryWatch {
  readonly #sample: () => boolean;
  #timer: NodeJS.Timeout | undefined;
  #isAwake = false;
  #isStopped = false;

  /** `sample` says whether there is more to watch. */
  constructor(sample: () => boolean) {
    this.#sample = sample;
  }

  /** Something happened: there will be a sample, and one more if it goes on. */
  wake(): void {
    this.#isAwake = true;
    if (this.#timer === undefined) this.#arm();
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #arm(): void {
    if (this.#isStopped) return;
    this.#timer = setTimeout(() => {
      const wasAwake = this.#isAwake;
      this.#isAwake = false;
      this.#timer = undefined;
      if (this.#sample() || wasAwake) this.#arm();
    }, WATCH_MS).unref();
  }
}
